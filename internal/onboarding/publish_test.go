package onboarding_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
)

// A state believes that what it offers is what would be offered today if the number is the same. So all that Render gives
// is held to what it gave when the number was chosen.
func TestRendering(t *testing.T) {
	t.Parallel()
	all := sha256.New()
	for _, o := range offeredInEachWay(t) {
		for _, ids := range [][]string{{strings.Repeat("A", 26)}, {strings.Repeat("A", 26), strings.Repeat("B", 26)}} {
			pub, findings, err := onboarding.Render(o, ids)
			if err != nil || pub == nil {
				t.Fatalf("%+v: %v, %v", o, findings, err)
			}
			_, _ = fmt.Fprintln(all, pub.Key, pub.SHA256, pub.TemplateVersion, pub.TemplateURL, pub.CallbackLogicalID, pub.LaunchURL) // a hash takes anything
		}
	}
	raw, err := os.ReadFile("testdata/renderings.json")
	if err != nil {
		t.Fatal(err)
	}
	var known map[string]string
	if err := json.Unmarshal(raw, &known); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(all.Sum(nil)); got != known[fmt.Sprint(onboarding.Rendering)] {
		t.Errorf("what is rendered has changed to %s: every customer would get another template by an upgrade. Where that is meant, raise onboarding.Rendering and add its sum to testdata/renderings.json", got)
	}
	if len(known) != onboarding.Rendering {
		t.Errorf("there are sums of %d renderings, and this is rendering %d", len(known), onboarding.Rendering)
	}
}

func offeredInEachWay(t *testing.T) []onboarding.Offered {
	t.Helper()
	hub := func(partition, region string) onboarding.Hub {
		return onboarding.Hub{
			AccountID: "111111111111", Partition: partition, Region: region, Regions: []string{region}, Bucket: "xrole-acme-111111111111-" + region + "-an", Table: "xrole-acme",
			TopicName: "xrole-acme", TrustedPrincipalARNs: []string{"arn:" + partition + ":iam::111111111111:role/collector"},
			ReceiverRoleARN: "arn:" + partition + ":iam::111111111111:role/xrole-acme-receiver", ReceiverFunctionARN: "arn:" + partition + ":lambda:" + region + ":111111111111:function:xrole-acme-receiver",
		}
	}
	plain := onboarding.Offered{
		Name: "globex", Hub: hub("aws", "us-east-1"), AccountID: "222222222222", Region: "us-east-1", TemplateMode: cfn.Pinned, BuiltinVersion: cfn.LatestBuiltin,
		Role: &cfn.Role{Name: "Acme", ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit"}}, StackName: "acme", ServiceTimeoutSeconds: 600,
	}
	open := plain
	open.AccountID = ""
	full := plain
	full.Role = &cfn.Role{
		Name: "Acme", Path: "/vendors/", Description: "Reads costs: 100 % of them", MaxSessionDuration: 7200, PermissionsBoundaryARN: "arn:aws:iam::222222222222:policy/boundary",
		ManagedPolicyARNs: []string{"arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"},
		InlinePolicies:    map[string]string{"costs": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ce:Get*"],"Resource":"*"}]}`},
		Tags:              map[string]string{"vendor": "acme"}, AllowSessionTags: true, AllowSourceIdentity: true,
	}
	full.ServiceTimeoutSeconds, full.StackName = 3600, "acme-full"
	gov, china := plain, plain
	gov.Hub, gov.Region, gov.Role = hub("aws-us-gov", "us-gov-west-1"), "us-gov-west-1", &cfn.Role{Name: "Acme"}
	china.Hub, china.Region, china.Role = hub("aws-cn", "cn-north-1"), "cn-north-1", &cfn.Role{}
	out := []onboarding.Offered{plain, open, full, gov, china}
	for _, file := range []string{"short.yaml", "long.json"} {
		body, err := os.ReadFile("../cfn/testdata/partner/" + file)
		if err != nil {
			t.Fatal(err)
		}
		own := plain
		own.Role, own.BuiltinVersion, own.TemplateBody = nil, 0, string(body)
		out = append(out, own)
	}
	for _, o := range out {
		o.TemplateMode = cfn.Parameters
		out = append(out, o)
	}
	return out
}
