package cfn_test

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

// What is wrong whichever the hub is found without it; that nothing else is, every template of this package's tests shows.
func TestCheck(t *testing.T) {
	t.Parallel()
	known := cfn.Values{ExternalIDs: []string{current}, OnboardingName: "globex"}
	for name, row := range map[string]struct {
		want  string
		pairs []string
	}{
		"no external id":        {"without the External ID", []string{equalsLine, ""}},
		"anyone":                {"lets in every AWS account", []string{principalLine, `Principal: "*"`}},
		"no narrowing":          {"every principal of the partner's account", []string{likeLine, ""}},
		"no callback":           {"call", []string{"ServiceToken: !Ref CallbackTopicArn", "ServiceToken: !Ref Bucket"}},
		"principal of the hub":  {"", []string{principalLine, `Principal: {AWS: "arn:aws:iam::111122223333:root"}`}},
		"principals of the hub": {"", []string{likeLine, `ArnLike: {aws:PrincipalArn: !Sub "arn:aws:iam::${PartnerAccountId}:role/x"}`}},
		"service of a region":   {"", []string{readLine, secondRole("Effect: Allow\nPrincipal: {Service: !Sub \"states.${AWS::Region}.amazonaws.com\"}\nAction: sts:AssumeRole")}},
		"of another partition":  {"", []string{principalLine, `Principal: {AWS: !Sub "arn:aws-cn:iam::${PartnerAccountId}:root"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := list(cfn.Check(edit(t, row.pairs...), known))
			if row.want == "" && found != "" || !strings.Contains(found, row.want) {
				t.Errorf("want %q, found\n%s", row.want, found)
			}
		})
	}
}
