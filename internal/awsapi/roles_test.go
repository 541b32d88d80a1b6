package awsapi_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// makeRole makes a role that another account may assume with that External ID, and returns its ARN.
func makeRole(t *testing.T, a *lab.Account, trusted, externalID string) string {
	t.Helper()
	out, err := iam.NewFromConfig(a.Config(region)).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("partner"),
		AssumeRolePolicyDocument: aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
			"Principal":{"AWS":"arn:aws:iam::%s:root"},"Condition":{"StringEquals":{"sts:ExternalId":%q}}}]}`, trusted, externalID)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.Role.Arn)
}
