package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

var _ function.Function = cliCommandFunction{}

type cliCommandFunction struct{}

func newCLICommandFunction() function.Function { return cliCommandFunction{} }

func (cliCommandFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "cli_command"
}

func (cliCommandFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The launch of one customer's stack by the AWS CLI",
		MarkdownDescription: "Returns AWS CLI commands, for a POSIX shell such as AWS CloudShell, that do what the launch link does: " +
			"make the customer's stack and wait until it is complete. All values are quoted for the shell.\n\n" +
			"It is for customers who do not click, and for regions without a public console.",
		Parameters: []function.Parameter{onboardingParameter("Where the region has no public console and `launch_url` is null, `region`, `stack_name`, `template_url` and `parameters` are read instead.")},
		Return:     function.StringReturn{},
	}
}

func (cliCommandFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var onboarding types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &onboarding); resp.Error != nil {
		return
	}
	argument := newOnboardingArgument(onboarding)
	link := argument.link()
	if argument.finish(ctx, resp) {
		return
	}
	resp.Error = resp.Result.Set(ctx, launch.CLICommand(link))
}
