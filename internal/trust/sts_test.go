package trust_test

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

// Real STS requests, decided by a third party's reading of IAM: every trust policy that only looks right is found.
func TestChecker_policies(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	for name, row := range map[string]struct{ condition, finding string }{
		"right":                   {`{"StringEquals":{"sts:ExternalId":"RIGHT"}}`, ""},
		"key in another case":     {`{"StringEquals":{"STS:externalid":"RIGHT"}}`, ""},
		"two ids":                 {`{"StringEquals":{"sts:ExternalId":["RIGHT","OLD"]}}`, ""},
		"no condition":            {`{}`, trust.FindingMissing},
		"like anything":           {`{"StringLike":{"sts:ExternalId":"*"}}`, trust.FindingWrong},
		"like a prefix":           {`{"StringLike":{"sts:ExternalId":"RIG*"}}`, trust.FindingWrong},
		"in either case":          {`{"StringEqualsIgnoreCase":{"sts:ExternalId":"RIGHT"}}`, trust.FindingWrong},
		"if it exists":            {`{"StringEqualsIfExists":{"sts:ExternalId":"RIGHT"}}`, trust.FindingMissing},
		"for all values":          {`{"ForAllValues:StringEquals":{"sts:ExternalId":"RIGHT"}}`, trust.FindingMissing},
		"only that there is none": {`{"Null":{"sts:ExternalId":"false"}}`, trust.FindingWrong},
		"not a certain one":       {`{"StringNotEquals":{"sts:ExternalId":"WRONG"}}`, trust.FindingMissing},
		"another one":             {`{"StringEquals":{"sts:ExternalId":"OTHER"}}`, trust.FindingDenied},
		"wrong key":               {`{"StringEquals":{"aws:ExternalId":"RIGHT"}}`, trust.FindingDenied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statement := `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + partner.ID + `:root"},"Action":"sts:AssumeRole","Condition":` + row.condition + `}`
			checkOne(t, partner, customer, statement, row.finding)
		})
	}
	t.Run("in another statement", func(t *testing.T) {
		t.Parallel()
		principal := `"Principal":{"AWS":"arn:aws:iam::` + partner.ID + `:root"},"Action":"sts:AssumeRole"`
		checkOne(t, partner, customer, `{"Effect":"Allow",`+principal+`,"Condition":{"StringEquals":{"sts:ExternalId":"RIGHT"}}},{"Effect":"Allow",`+principal+`}`, trust.FindingMissing)
	})
}

func checkOne(t *testing.T, partner, customer *lab.Account, statements, finding string) {
	t.Helper()
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '#' {
			return '-'
		}
		return r
	}, t.Name())
	document := `{"Version":"2012-10-17","Statement":[` + statements + `]}`
	out, err := iam.NewFromConfig(customer.Config("us-east-1")).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &document})
	if err != nil {
		t.Fatal(err)
	}
	c := trust.Hurry(trust.NewChecker(partner.Config("us-east-1"), "aws", partner.ID))
	r, err := c.Check(t.Context(), patience, *out.Role.Arn, "RIGHT")
	if err != nil {
		t.Fatal(err)
	}
	if r.Passed() != (finding == "") || strings.Join(r.Findings, "") != finding {
		t.Errorf("%+v", r)
	}
	if finding == "" && r.AccountID != customer.ID {
		t.Errorf("the session is in account %s, not %s", r.AccountID, customer.ID)
	}
}
