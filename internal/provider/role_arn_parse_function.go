package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

var _ function.Function = roleARNParseFunction{}

type roleARNParseFunction struct{}

func newRoleARNParseFunction() function.Function { return roleARNParseFunction{} }

func (roleARNParseFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "role_arn_parse"
}

func roleARNTypes() map[string]attr.Type {
	return map[string]attr.Type{"partition": types.StringType, "account_id": types.StringType, "path": types.StringType, "name": types.StringType}
}

func (roleARNParseFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The parts of an IAM role's ARN",
		MarkdownDescription: "Takes the ARN of an IAM role apart: `partition`, `account_id`, `path` (which begins and ends with a slash) and `name`.\n\n" +
			"Anything but a role's ARN is an error that says what is wrong with it: a user's ARN, the ARN of a role's session, an account id of eleven digits.",
		Parameters: []function.Parameter{function.StringParameter{
			Name: "role_arn", MarkdownDescription: "The ARN, such as `arn:aws:iam::111122223333:role/acme/collector`.",
		}},
		Return: function.ObjectReturn{AttributeTypes: roleARNTypes()},
	}
}

func (roleARNParseFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var arn string
	if resp.Error = req.Arguments.Get(ctx, &arn); resp.Error != nil {
		return
	}
	role, err := partition.ParseRoleARN(arn)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	parts, diags := types.ObjectValue(roleARNTypes(), map[string]attr.Value{
		"partition":  types.StringValue(role.Partition),
		"account_id": types.StringValue(role.AccountID),
		"path":       types.StringValue(role.Path),
		"name":       types.StringValue(role.Name),
	})
	if resp.Error = function.FuncErrorFromDiags(ctx, diags); resp.Error == nil {
		resp.Error = resp.Result.Set(ctx, parts)
	}
}
