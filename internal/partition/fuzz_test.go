package partition_test

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// What is read as a role's ARN is that ARN, whole: joined again it is the same, and nothing in it can be taken for more.
func FuzzParseRoleARN(f *testing.F) {
	for _, seed := range []string{
		"arn:aws:iam::111122223333:role/Acme", "arn:aws-us-gov:iam::111122223333:role/team/a/Acme", "arn:aws:iam::111122223333:role//x",
		"arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "arn:aws:iam::11112222333:role/x", "arn:aws:iam:us-east-1:111122223333:role/x",
		"arn:aws:sts::111122223333:assumed-role/x/y", "arn:aws:iam::111122223333:role/x\n", "arn:aws:iam::１１１１２２２２３３３３:role/x", "", ":::::",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		role, err := partition.ParseRoleARN(s)
		if err != nil {
			return
		}
		if role.String() != s {
			t.Errorf("%q is read as %q", s, role)
		}
		if !partition.ValidAccountID(role.AccountID) || strings.ContainsAny(s, " \n\r\t*?\x00") && !strings.ContainsAny(role.Path, "*?") {
			t.Errorf("%q is read as %+v", s, role)
		}
	})
}

// What is read as a stack's id holds its parts, and no character that could end a path, a header or a line.
func FuzzParseStackID(f *testing.F) {
	for _, seed := range []string{
		"arn:aws:cloudformation:us-east-1:222222222222:stack/Acme/0a1b2c3d-0000", "arn:aws-cn:cloudformation:cn-north-1:222222222222:stack/A/x",
		"arn:aws:cloudformation:us-east-1:222222222222:stack/Acme", "arn:aws:cloudformation:us-east-1:222222222222:stack/A/b/c", "arn:aws:cloudformation::222222222222:stack/A/b", "stack/A/b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := partition.ParseStackID(s)
		if err != nil {
			return
		}
		again := "arn:" + id.Partition + ":cloudformation:" + id.Region + ":" + id.AccountID + ":stack/" + id.Name + "/" + id.GUID
		if again != s || strings.ContainsAny(s, " \n\r\t*?|%\\\x00") {
			t.Errorf("%q is read as %+v", s, id)
		}
	})
}
