package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

var _ function.Function = instructionsFunction{}

type instructionsFunction struct{}

func newInstructionsFunction() function.Function { return instructionsFunction{} }

func (instructionsFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "instructions"
}

func (instructionsFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The page that a customer reads before launching",
		MarkdownDescription: "Returns instructions for a person at the customer who has never seen xrole: what will be made and who can use it, the Launch Stack button and " +
			"the AWS CLI commands, what to check before pressing, the rights that are needed, what each failure means, how to update, and how to remove it all. " +
			"Of a template of your own it lists what that makes and asks for. For a customer whose stack stands (`stack_id` is there) it leads with the update of that stack in place of the launch.\n\n" +
			"As HTML it is a whole page in one file, for a screen of any size, that loads nothing from anywhere and runs no script. " +
			"It holds the External ID, which is no secret, and no secret.",
		Parameters: []function.Parameter{
			onboardingParameter("Read are also `name`, `account_id`, `external_id`, `previous_external_id`, `template_sha256`, `template_body`, `service_timeout_seconds`, `stack_id`, `status`, " +
				"`role` (`name`, `path`, `description`, `permissions_boundary_arn`, `managed_policy_arns`, `inline_policies`) " +
				"and `hub` (`account_id`, `topic_name`, `trusted_principal_arns`); and where `launch_url` is null, `region`, `stack_name`, `template_url` and `parameters`. " +
				"`partner`, which the resource does not have, is what you are called: `merge(xrole_onboarding.globex, { partner = \"Acme Inc.\" })`."),
			formatParameter(),
		},
		Return: function.StringReturn{},
	}
}

func (instructionsFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var onboarding types.Dynamic
	var format string
	if resp.Error = req.Arguments.Get(ctx, &onboarding, &format); resp.Error != nil {
		return
	}
	argument := newOnboardingArgument(onboarding)
	invitation := argument.invitation()
	if argument.finish(ctx, resp) {
		return
	}
	page, err := launch.Instructions(invitation, launch.Format(format))
	switch {
	case errors.Is(err, launch.ErrFormat):
		resp.Error = function.NewArgumentFuncError(formatIndex, err.Error())
	case err != nil:
		resp.Error = function.NewArgumentFuncError(onboardingIndex, err.Error())
	default:
		resp.Error = resp.Result.Set(ctx, page)
	}
}
