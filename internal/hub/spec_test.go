package hub_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

func smallest() hub.Spec {
	return hub.Spec{Name: "acme", Region: home, Regions: []string{home, other}, Code: []byte("zip"), Architecture: "arm64"}
}

// A parameter that is left out of an update falls back to its default unseen.
func TestSpec_givesEveryParameter(t *testing.T) {
	t.Parallel()
	for kind, given := range hub.Parameters(smallest()) {
		source := map[string]string{"storage": hub.StorageTemplate, "receiver": hub.ReceiverSource, "topic": hub.TopicTemplate}[kind]
		var template struct {
			Parameters map[string]struct {
				Default *string `yaml:"Default"`
			} `yaml:"Parameters"`
		}
		if err := yaml.Unmarshal([]byte(source), &template); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(template.Parameters)), slices.Sorted(maps.Keys(given))); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		for name, p := range template.Parameters {
			if p.Default != nil && name != "ReceiverVersion" && *p.Default != given[name] {
				t.Errorf("%s: %s is %q where nothing is asked for, the template's default is %q", kind, name, given[name], *p.Default)
			}
		}
	}
}

func TestSpec_Validate(t *testing.T) {
	t.Parallel()
	zero, many := 0, 100_000
	tags := map[string]string{}
	for range 49 {
		tags[strings.Repeat("k", len(tags)+1)] = ""
	}
	const account = "arn:aws:%s:us-east-1:111122223333:"
	for name, row := range map[string]struct {
		change     func(*hub.Spec)
		field, key string
	}{
		"name":                  {func(s *hub.Spec) { s.Name = "Acme" }, "name", "Acme"},
		"architecture":          {func(s *hub.Spec) { s.Architecture = "amd64" }, "architecture", "amd64"},
		"no code":               {func(s *hub.Spec) { s.Code = nil }, "architecture", ""},
		"version":               {func(s *hub.Spec) { s.ReceiverVersion = "v1" }, "receiver_version", "v1"},
		"version of other code": {func(s *hub.Spec) { s.ReceiverVersion = "1-000000000000" }, "receiver_version", "1-000000000000"},
		"timeout":               {func(s *hub.Spec) { s.TimeoutSeconds = 300 }, "timeout_seconds", ""},
		"no concurrency":        {func(s *hub.Spec) { s.ReservedConcurrency = &zero }, "reserved_concurrency", ""},
		"much concurrency":      {func(s *hub.Spec) { s.ReservedConcurrency = &many }, "reserved_concurrency", ""},
		"recheck":               {func(s *hub.Spec) { s.RecheckHours = 721 }, "recheck_hours", ""},
		"retention":             {func(s *hub.Spec) { s.LogRetentionDays = 15 }, "log_retention_days", ""},
		"region twice":          {func(s *hub.Spec) { s.Regions = []string{other, other} }, "regions", other},
		"no region":             {func(s *hub.Spec) { s.Regions = nil }, "regions", ""},
		"home to opt in to":     {func(s *hub.Spec) { s.Region = "af-south-1" }, "region", "af-south-1"},
		"account":               {func(s *hub.Spec) { s.Access.AccountIDs = []string{"1"} }, "customers.account_ids", "1"},
		"accounts and anyone":   {func(s *hub.Spec) { s.Access = hub.Access{AccountIDs: accounts(1), Anyone: true} }, "customers.anyone", ""},
		"path":                  {func(s *hub.Spec) { s.Path = "acme" }, "path", "acme"},
		"boundary":              {func(s *hub.Spec) { s.PermissionsBoundaryARN = "arn:aws-cn:iam::aws:policy/x" }, "permissions_boundary_arn", "arn:aws-cn:iam::aws:policy/x"},
		"key elsewhere":         {func(s *hub.Spec) { s.KMSKeyARN = "arn:aws:kms:eu-west-1:111122223333:key/x" }, "kms_key_arn", ""},
		"key's alias":           {func(s *hub.Spec) { s.KMSKeyARN = strings.ReplaceAll(account, "%s", "kms") + "alias/x" }, "kms_key_arn", ""},
		"alarm topic elsewhere": {func(s *hub.Spec) { s.AlarmTopicARN = "arn:aws:sns:eu-west-1:111122223333:x" }, "alarm_topic_arn", ""},
		"alarm topic of home":   {func(s *hub.Spec) { s.AlarmTopicARNs = map[string]string{home: "x"} }, "alarm_topic_arns", home},
		"alarm topic of no region": {func(s *hub.Spec) {
			s.AlarmTopicARNs = map[string]string{"ap-south-1": "arn:aws:sns:ap-south-1:111122223333:x"}
		}, "alarm_topic_arns", "ap-south-1"},
		"alarm topic not there": {func(s *hub.Spec) {
			s.AlarmTopicARNs = map[string]string{other: "arn:aws:sns:us-east-1:111122223333:x"}
		}, "alarm_topic_arns", other},
		"event bus":    {func(s *hub.Spec) { s.EventBusARN = strings.ReplaceAll(account, "%s", "events") + "rule/x" }, "event_bus_arn", ""},
		"principal":    {func(s *hub.Spec) { s.TrustedPrincipalARNs = []string{"arn:aws:iam::*", "arn:aws-cn:iam::1:role/x"} }, "trusted_principal_arns", "arn:aws-cn:iam::1:role/x"},
		"reserved tag": {func(s *hub.Spec) { s.Tags = map[string]string{"XRole:hub": "x"} }, "tags", "XRole:hub"},
		"tag's key":    {func(s *hub.Spec) { s.Tags = map[string]string{"a,b": "x"} }, "tags", "a,b"},
		"tag's value":  {func(s *hub.Spec) { s.Tags = map[string]string{"a": "x;"} }, "tags", "a"},
		"tags alike":   {func(s *hub.Spec) { s.Tags = map[string]string{"Team": "x", "team": "x"} }, "tags", "team"},
		"tags":         {func(s *hub.Spec) { s.Tags = tags }, "tags", ""},
	} {
		spec := smallest()
		if err := spec.Validate(); err != nil {
			t.Fatal(err)
		}
		row.change(&spec)
		err := spec.Validate()
		fault, ok := errors.AsType[*hub.SpecError](err)
		if !ok || fault.Field != row.field || fault.Key != row.key || fault.Message == "" || !strings.HasPrefix(err.Error(), row.field+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := fullSpec("111122223333")
	if err := full.Validate(); err != nil {
		t.Error(err)
	}
}

// fullSpec asks for everything there is.
func fullSpec(account string) hub.Spec {
	spec, three := smallest(), 3
	spec.TrustedPrincipalARNs = []string{"arn:aws:iam::" + account + ":role/collector"}
	spec.Path, spec.PermissionsBoundaryARN = "/acme/", "arn:aws:iam::aws:policy/ReadOnlyAccess"
	spec.KMSKeyARN = "arn:aws:kms:us-east-1:" + account + ":key/0a1b"
	spec.LogRetentionDays, spec.RecheckHours, spec.TimeoutSeconds, spec.ReservedConcurrency = 30, 48, 100, &three
	spec.AlarmTopicARN = "arn:aws:sns:us-east-1:" + account + ":alarms"
	spec.AlarmTopicARNs = map[string]string{other: "arn:aws:sns:eu-west-1:" + account + ":alarms"}
	spec.EventBusARN = "arn:aws:events:us-east-1:" + account + ":event-bus/acme"
	spec.Tags = map[string]string{"Team": "platform", "cost center": "a/b@c=1"}
	spec.Owner = "state-1"
	return spec
}

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	ordered := []string{"", "0-abcdefabcdef", "2-abcdefabcdef", "10-000000000000"}
	for i, a := range ordered {
		for k, b := range ordered {
			if got, want := hub.CompareVersions(a, b), i-k; (got < 0) != (want < 0) || (got > 0) != (want > 0) {
				t.Errorf("%q and %q: %d", a, b, got)
			}
		}
	}
	if hub.CompareVersions("1-abcdefabcdef", "1-000000000000") != 0 {
		t.Error("the hash decides")
	}
}
