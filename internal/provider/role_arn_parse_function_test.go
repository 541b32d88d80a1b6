package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

func parseARN(t *testing.T, arn string) (types.Object, *function.FuncError) {
	t.Helper()
	f := functionNamed(t, "role_arn_parse")
	var definition function.DefinitionResponse
	f.Definition(t.Context(), function.DefinitionRequest{}, &definition)
	empty, funcErr := definition.Definition.Return.NewResultData(t.Context())
	if funcErr != nil {
		t.Fatal(funcErr)
	}
	resp := function.RunResponse{Result: empty}
	f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{types.StringValue(arn)})}, &resp)
	parts, ok := resp.Result.Value().(types.Object)
	if !ok {
		t.Fatalf("returned %v", resp.Result.Value())
	}
	return parts, resp.Error
}

func TestRoleARNParseFunction(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string][4]string{
		"arn:aws:iam::012345678901:role/Acme":                 {"aws", "012345678901", "/", "Acme"},
		"arn:aws-us-gov:iam::012345678901:role/a/b/c+=,.@-_D": {"aws-us-gov", "012345678901", "/a/b/", "c+=,.@-_D"},
		"arn:aws-eusc:iam::000000000000:role/x":               {"aws-eusc", "000000000000", "/", "x"},
	} {
		parts, err := parseARN(t, arn)
		if err != nil {
			t.Errorf("%s: %v", arn, err)
			continue
		}
		for i, name := range []string{"partition", "account_id", "path", "name"} {
			if !parts.Attributes()[name].Equal(types.StringValue(want[i])) {
				t.Errorf("%s: %s is %v", arn, name, parts.Attributes()[name])
			}
		}
	}
}

func TestRoleARNParseFunction_refused(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		"":                                     "not an ARN",
		"Acme":                                 "not an ARN",
		"arn:aws:iam::01234567890:role/x":      "twelve digits",
		"arn:aws:iam::012345678901:user/x":     `must start with "role/"`,
		"arn:aws:iam:eu-1:012345678901:role/x": "region must be empty",
		"arn:aws:iam::012345678901:role/":      "name must be 1 to 64",
		"arn:aws:sts::012345678901:assumed-role/x/session": "ARN of a role's session",
		"arn:aws:sts::012345678901:federated-user/x":       `service must be "iam"`,
	} {
		_, err := parseARN(t, arn)
		if err == nil || err.FunctionArgument == nil || *err.FunctionArgument != 0 || !strings.Contains(err.Text, want) {
			t.Errorf("%q: got %v, want %q on argument 0", arn, err, want)
		}
	}
}

// As Terraform calls the functions: what is unknown makes the result unknown until it is known, null is refused.
func TestFunctions_inTerraform(t *testing.T) {
	t.Parallel()
	config := func(arn string) string {
		return `
resource "terraform_data" "arn" { input = "arn:aws:iam::222222222222:role/partners/Acme" }
output "name" { value = provider::xrole::role_arn_parse(` + arn + `).name }
output "policy" {
  value = provider::xrole::trust_policy({
    external_id            = provider::xrole::role_arn_parse(` + arn + `).name
    partner_account_id     = "111122223333"
    trusted_principal_arns = ["arn:aws:iam::111122223333:role/collector"]
    previous_external_id   = null
  })
}
output "url" {
  value = provider::xrole::launch_url({
    region       = "eu-west-1"
    stack_name   = provider::xrole::role_arn_parse(` + arn + `).name
    template_url = "https://acme.s3.eu-west-1.amazonaws.com/t.yaml"
    parameters   = { Owner = "a b" }
  })
}`
	}
	const url = "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/create/review?templateURL=https%3A%2F%2Facme.s3.eu-west-1.amazonaws.com%2Ft.yaml&stackName=Acme&param_Owner=a%20b"
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config("null"), ExpectError: regexpOf("argument must not be null")},
			{Config: config(`"x"`), ExpectError: regexpOf(`Invalid value for "role_arn" parameter`)},
			{
				Config: config("terraform_data.arn.output"),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownOutputValue("name", knownvalue.StringExact("Acme")),
					statecheck.ExpectKnownOutputValue("url", knownvalue.StringExact(url)),
				},
			},
		},
	})
}
