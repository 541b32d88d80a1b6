package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

var _ function.Function = launchButtonFunction{}

type launchButtonFunction struct{}

func newLaunchButtonFunction() function.Function { return launchButtonFunction{} }

func (launchButtonFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "launch_button"
}

func (launchButtonFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "A Launch Stack button for one customer",
		MarkdownDescription: "Returns a button that opens the customer's CloudFormation console with everything filled in, to put in a page or a message.\n\n" +
			"As Markdown it shows the picture that AWS uses for such links. As HTML it brings its own picture and style and loads nothing from anywhere. " +
			"Where the region has no public console there is no button: use `cli_command` there.",
		Parameters: []function.Parameter{onboardingParameter("Only `launch_url` is read."), formatParameter()},
		Return:     function.StringReturn{},
	}
}

func (launchButtonFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var onboarding types.Dynamic
	var format string
	if resp.Error = req.Arguments.Get(ctx, &onboarding, &format); resp.Error != nil {
		return
	}
	argument := newOnboardingArgument(onboarding)
	url := argument.launchURL()
	if argument.finish(ctx, resp) {
		return
	}
	button, err := launch.Button(url, launch.Format(format))
	if err != nil {
		resp.Error = function.NewArgumentFuncError(formatIndex, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, button)
}
