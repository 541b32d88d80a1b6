package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

var _ function.Function = launchURLFunction{}

type launchURLFunction struct{}

func newLaunchURLFunction() function.Function { return launchURLFunction{} }

func (launchURLFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "launch_url"
}

func (launchURLFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "A quick-create link for any CloudFormation template",
		MarkdownDescription: "Returns the link that opens the CloudFormation console with a template, a stack name and parameters filled in, every value percent-encoded. " +
			"It is for templates that are kept elsewhere; `xrole_onboarding` has its own `launch_url`.\n\n" +
			"The console drops a parameter in silence if the template does not declare it or declares it as `NoEcho`. Put no secret and no External ID in a link.",
		Parameters: []function.Parameter{function.DynamicParameter{
			Name:               "launch",
			AllowUnknownValues: true,
			MarkdownDescription: "An object with `region`, `stack_name`, `template_url` (an https URL that the customer can read, up to 1,024 characters) " +
				"and, if the template asks for values, `parameters` (a map of strings). Other attributes are refused.",
		}},
		Return: function.StringReturn{},
	}
}

func (launchURLFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var given types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &given); resp.Error != nil {
		return
	}
	argument := newObjectArgument(given, []string{"region", "stack_name", "template_url"}, "parameters")
	link := launch.Link{
		Region: argument.text("region"), StackName: argument.text("stack_name"), TemplateURL: argument.text("template_url"), Parameters: argument.texts("parameters"),
	}
	if argument.finish(ctx, resp) {
		return
	}
	url, err := link.URL()
	switch {
	case errors.Is(err, launch.ErrNoConsole):
		resp.Error = function.NewArgumentFuncError(0, err.Error()+", so that there is nothing to link to; cli_command works there")
	case err != nil:
		resp.Error = function.NewArgumentFuncError(0, err.Error())
	default:
		resp.Error = resp.Result.Set(ctx, url)
	}
}
