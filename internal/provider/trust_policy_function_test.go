package provider_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

const (
	trustingPartner   = "111122223333"
	trustingCollector = "arn:aws:iam::111122223333:role/acme/collector-*"
	trustingReceiver  = "arn:aws:iam::111122223333:role/xrole-acme-receiver"
)

func trustArgument(t *testing.T, changes map[string]attr.Value) types.Object {
	t.Helper()
	text := types.StringValue
	return changed(t, map[string]attr.Value{
		"external_id": text("CURRENT"), "partner_account_id": text(trustingPartner),
		"trusted_principal_arns": types.SetValueMust(types.StringType, []attr.Value{text(trustingCollector)}),
		"receiver_role_arn":      text(trustingReceiver),
	}, changes)
}

func TestTrustPolicyFunction(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	values := cfn.Values{ExternalIDs: []string{"CURRENT"}, PartnerAccountID: trustingPartner, Partition: "aws", TrustedPrincipalARNs: []string{trustingCollector, trustingReceiver}}
	rotating, alone, china := values, values, values
	rotating.ExternalIDs = []string{"CURRENT", "OLD"}
	alone.TrustedPrincipalARNs = []string{trustingCollector}
	china.Partition, china.TrustedPrincipalARNs = "aws-cn", []string{"arn:aws-cn:iam::111122223333:role/x"}
	for name, row := range map[string]struct {
		changes map[string]attr.Value
		role    cfn.Role
		values  cfn.Values
	}{
		"plain":              {nil, cfn.Role{}, values},
		"rotating":           {map[string]attr.Value{"previous_external_id": text("OLD")}, cfn.Role{}, rotating},
		"null is left out":   {map[string]attr.Value{"previous_external_id": types.StringNull(), "partition": types.StringNull(), "allow_session_tags": types.BoolNull()}, cfn.Role{}, values},
		"without receiver":   {map[string]attr.Value{"receiver_role_arn": nil}, cfn.Role{}, alone},
		"session tags":       {map[string]attr.Value{"allow_session_tags": types.BoolValue(true)}, cfn.Role{AllowSessionTags: true}, values},
		"source identity":    {map[string]attr.Value{"allow_source_identity": types.BoolValue(true)}, cfn.Role{AllowSourceIdentity: true}, values},
		"another partition":  {map[string]attr.Value{"partition": text("aws-cn"), "receiver_role_arn": nil, "trusted_principal_arns": types.TupleValueMust([]attr.Type{types.StringType}, []attr.Value{text("arn:aws-cn:iam::111122223333:role/x")})}, cfn.Role{}, china},
		"receiver is listed": {map[string]attr.Value{"trusted_principal_arns": types.ListValueMust(types.StringType, []attr.Value{text(trustingReceiver), text(trustingCollector)})}, cfn.Role{}, values},
	} {
		want, findings := cfn.TrustPolicy(row.role, row.values)
		if want == "" {
			t.Fatal(findings)
		}
		got, err := call(t, "trust_policy", trustArgument(t, row.changes))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got.ValueString()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTrustPolicyFunction_unknown(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]attr.Value{
		"whole":       types.DynamicUnknown(),
		"external id": trustArgument(t, map[string]attr.Value{"external_id": types.StringUnknown()}),
		"principals":  trustArgument(t, map[string]attr.Value{"trusted_principal_arns": types.SetUnknown(types.StringType)}),
		"one of them": trustArgument(t, map[string]attr.Value{"trusted_principal_arns": types.ListValueMust(types.StringType, []attr.Value{types.StringUnknown()})}),
		"flag":        trustArgument(t, map[string]attr.Value{"allow_session_tags": types.BoolUnknown()}),
	} {
		if got, err := call(t, "trust_policy", value); err != nil || !got.IsUnknown() {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestTrustPolicyFunction_refused(t *testing.T) {
	t.Parallel()
	text := types.StringValue
	principals := func(arns ...string) map[string]attr.Value {
		var list []attr.Value
		for _, arn := range arns {
			list = append(list, text(arn))
		}
		return map[string]attr.Value{"trusted_principal_arns": types.SetValueMust(types.StringType, list)}
	}
	for name, row := range map[string]struct {
		changes map[string]attr.Value
		want    string
	}{
		"no external id":          {map[string]attr.Value{"external_id": nil}, "must have the attribute `external_id`"},
		"empty external id":       {map[string]attr.Value{"external_id": text(""), "previous_external_id": text("OLD")}, "An External ID has 2 to 1,224"},
		"same id twice":           {map[string]attr.Value{"previous_external_id": text("CURRENT")}, "must differ"},
		"bad account":             {map[string]attr.Value{"partner_account_id": text("1234")}, "twelve digits"},
		"nobody":                  {principals(), "must have at least one element in `trusted_principal_arns`"},
		"the whole account":       {principals("arn:aws:iam::111122223333:role/*"), "would let in every role"},
		"another account":         {principals("arn:aws:iam::999999999999:role/x"), "is not in the partner's account"},
		"receiver elsewhere":      {map[string]attr.Value{"receiver_role_arn": text("arn:aws:iam::999999999999:role/x")}, "is not in the partner's account"},
		"another partition":       {map[string]attr.Value{"partition": text("aws-cn")}, "is not in the partner's account"},
		"wildcard for an account": {principals("arn:aws:iam::*:role/x"), "is the ARN of a role or user in the partner's account"},
		"misspelt":                {map[string]attr.Value{"allow_session_tag": types.BoolValue(true)}, "has no use for the attribute `allow_session_tag`"},
		"text for flag":           {map[string]attr.Value{"allow_session_tags": text("true")}, "`allow_session_tags` must be a bool, not a string"},
		"text for principals":     {map[string]attr.Value{"trusted_principal_arns": text("x")}, "must be a list or set of strings"},
	} {
		_, err := call(t, "trust_policy", trustArgument(t, row.changes))
		if err == nil || err.FunctionArgument == nil || *err.FunctionArgument != 0 || !strings.Contains(err.Text, row.want) {
			t.Errorf("%s: got %v, want %q on argument 0", name, err, row.want)
		}
	}
}
