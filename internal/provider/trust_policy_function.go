package provider

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

var _ function.Function = trustPolicyFunction{}

type trustPolicyFunction struct{}

func newTrustPolicyFunction() function.Function { return trustPolicyFunction{} }

func (trustPolicyFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "trust_policy"
}

func (trustPolicyFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The trust policy of a customer's role, as JSON",
		MarkdownDescription: "Returns the trust policy that the built-in template gives the customer's role, for partners who keep a template or module of their own, " +
			"and for customers who make the role with Terraform.\n\n" +
			"It trusts the root of the partner's account, narrowed by the External ID and by `aws:PrincipalArn`: a trust in a role's own ARN would end when that role is made anew.",
		Parameters: []function.Parameter{function.DynamicParameter{
			Name:               "trust",
			AllowUnknownValues: true,
			MarkdownDescription: "An object with `external_id`, `partner_account_id` and `trusted_principal_arns` (ARNs of roles and users in that account, with their path; `*` and `?` may stand in path and name). " +
				"It may have `previous_external_id` (trusted as well, while an External ID is rotated), `receiver_role_arn` (of the hub, whose receiver proves the role), " +
				"`partition` (default: `aws`), `allow_session_tags` and `allow_source_identity` (default: `false`). Other attributes are refused.",
		}},
		Return: function.StringReturn{},
	}
}

func (trustPolicyFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var given types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &given); resp.Error != nil {
		return
	}
	argument := newObjectArgument(given, []string{"external_id", "partner_account_id", "trusted_principal_arns"},
		"previous_external_id", "receiver_role_arn", "partition", "allow_session_tags", "allow_source_identity")
	values := argument.trustValues()
	role := cfn.Role{AllowSessionTags: argument.flag("allow_session_tags"), AllowSourceIdentity: argument.flag("allow_source_identity")}
	if argument.finish(ctx, resp) {
		return
	}
	policy, findings := cfn.TrustPolicy(role, values)
	if policy == "" {
		var messages []string
		for _, f := range findings {
			messages = append(messages, f.Message)
		}
		resp.Error = function.NewArgumentFuncError(0, strings.Join(messages, " "))
		return
	}
	if fault := principalFault(ctx, values); fault != "" {
		resp.Error = function.NewArgumentFuncError(0, fault)
		return
	}
	resp.Error = resp.Result.Set(ctx, policy)
}

func (a *objectArgument) trustValues() cfn.Values {
	v := cfn.Values{
		ExternalIDs:      []string{a.text("external_id")},
		PartnerAccountID: a.text("partner_account_id"), Partition: a.text("partition"), TrustedPrincipalARNs: a.list("trusted_principal_arns"),
	}
	if previous := a.text("previous_external_id"); previous != "" {
		v.ExternalIDs = append(v.ExternalIDs, previous)
	}
	if len(v.TrustedPrincipalARNs) == 0 {
		a.fail("must have at least one element in `trusted_principal_arns`: the customer's role lets in nobody else")
	}
	if receiver := a.text("receiver_role_arn"); receiver != "" {
		v.TrustedPrincipalARNs = append(v.TrustedPrincipalARNs, receiver)
	}
	if v.Partition == "" {
		v.Partition = "aws"
	}
	slices.Sort(v.TrustedPrincipalARNs)
	v.TrustedPrincipalARNs = slices.Compact(v.TrustedPrincipalARNs)
	return v
}

// principalFault says which of the trusted principals the hub would refuse, and why.
func principalFault(ctx context.Context, v cfn.Values) string {
	for _, arn := range v.TrustedPrincipalARNs {
		var checked validator.StringResponse
		fwtypes.PrincipalPattern().ValidateString(ctx, validator.StringRequest{Path: path.Root("trusted_principal_arns"), ConfigValue: types.StringValue(arn)}, &checked)
		for _, d := range checked.Diagnostics {
			return d.Detail()
		}
		if !partition.PrincipalOf(arn, v.Partition, v.PartnerAccountID) {
			return "\"" + arn + "\" is not in the partner's account \"" + v.PartnerAccountID + "\" and partition \"" + v.Partition + "\""
		}
	}
	return ""
}
