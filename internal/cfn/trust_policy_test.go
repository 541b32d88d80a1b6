package cfn_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

// The document is the one that the built-in template has, whatever the role's other settings.
func TestTrustPolicy(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]cfn.Values{"one id": values(), "rotating": rotating()} {
		for bits := range 4 {
			role := fullRole()
			role.AllowSessionTags, role.AllowSourceIdentity = bits&1 != 0, bits&2 != 0
			t.Run(fmt.Sprint(name, bits), func(t *testing.T) {
				t.Parallel()
				got, findings := cfn.TrustPolicy(role, v)
				if len(findings) != 0 {
					t.Fatal(findings)
				}
				var document any
				if err := json.Unmarshal([]byte(got), &document); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(renderedTrust(t, role, v), document); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// renderedTrust reads the trust policy out of the rendered built-in template.
func renderedTrust(t *testing.T, role cfn.Role, v cfn.Values) any {
	t.Helper()
	source, err := cfn.Builtin(cfn.LatestBuiltin, role, v.TopicARN)
	if err != nil {
		t.Fatal(err)
	}
	rendered, findings := cfn.Render(source, v, cfn.Pinned, nil)
	if rendered == nil {
		t.Fatal(findings)
	}
	body := strings.ReplaceAll(string(rendered.Body), "!Sub ", "")
	body = strings.ReplaceAll(body, "${AWS::Partition}", v.Partition)
	var template struct {
		Resources struct {
			Role struct {
				Properties struct {
					AssumeRolePolicyDocument any `yaml:"AssumeRolePolicyDocument"`
				} `yaml:"Properties"`
			} `yaml:"Role"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(body), &template); err != nil {
		t.Fatal(err)
	}
	document := template.Resources.Role.Properties.AssumeRolePolicyDocument
	if document == nil {
		t.Fatal("the template has no trust policy")
	}
	return document
}

func TestTrustPolicy_refused(t *testing.T) {
	t.Parallel()
	long := values()
	for n := range 40 {
		long.TrustedPrincipalARNs = append(long.TrustedPrincipalARNs, fmt.Sprintf("arn:aws:iam::%s:role/acme/a-rather-long-name-of-a-role-%d", partner, n))
	}
	for name, row := range map[string]struct {
		change func(*cfn.Values)
		want   string
	}{
		"no id":          {func(v *cfn.Values) { v.ExternalIDs = nil }, "There must be one External ID"},
		"bad id":         {func(v *cfn.Values) { v.ExternalIDs = []string{"a b"} }, "An External ID has 2 to 1,224"},
		"same id twice":  {func(v *cfn.Values) { v.ExternalIDs = []string{current, current} }, "must differ"},
		"bad account":    {func(v *cfn.Values) { v.PartnerAccountID = "1" }, "twelve digits"},
		"nobody trusted": {func(v *cfn.Values) { v.TrustedPrincipalARNs = nil }, "At least one principal"},
		"not an ARN":     {func(v *cfn.Values) { v.TrustedPrincipalARNs = []string{"*"} }, "is not the ARN"},
		"quote in it":    {func(v *cfn.Values) { v.TrustedPrincipalARNs = []string{`arn:"`} }, "is not the ARN"},
		"bad partition":  {func(v *cfn.Values) { v.Partition = "a b" }, "cannot be written"},
		"too long":       {func(v *cfn.Values) { *v = long }, "IAM takes at most 2048"},
	} {
		v := values()
		row.change(&v)
		text, findings := cfn.TrustPolicy(cfn.Role{}, v)
		if text != "" || len(findings) == 0 || !strings.Contains(findings[0].Message, row.want) {
			t.Errorf("%s: %q, %v", name, text, findings)
		}
	}
}
