package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/launch"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

const (
	onboardingIndex = 0
	formatIndex     = 1
)

// onboardingParameter takes unknown values, so that an attribute that is not read (such as a status still to come)
// does not make the result unknown.
func onboardingParameter(reads string) function.DynamicParameter {
	return function.DynamicParameter{
		Name:               "onboarding",
		AllowUnknownValues: true,
		MarkdownDescription: "An `xrole_onboarding` resource, or any object with the attribute `launch_url`. " + reads +
			" Attributes that are missing or null are left out.",
	}
}

func formatParameter() function.StringParameter {
	return function.StringParameter{Name: "format", MarkdownDescription: "`markdown` or `html`."}
}

func newOnboardingArgument(value types.Dynamic) *objectArgument {
	if value.IsUnknown() || value.IsUnderlyingValueUnknown() {
		return &objectArgument{unknown: true}
	}
	attributes, ok := attributesOf(value.UnderlyingValue())
	if !ok {
		return &objectArgument{fault: fmt.Sprintf("must be an xrole_onboarding resource or an object with the attribute `launch_url`, not %s", kindOf(value))}
	}
	if attributes["launch_url"] == nil {
		return &objectArgument{fault: "must have the attribute `launch_url`, the launch link of an onboarding"}
	}
	return &objectArgument{attributes: attributes}
}

// launchURL is for what only a link can do.
func (a *objectArgument) launchURL() string {
	url := a.text("launch_url")
	if url == "" {
		a.fail("has no `launch_url`: the region has no public console, so that there is nothing to link to; `cli_command` works without")
		return ""
	}
	a.parse(url)
	return url
}

// link is the launch link, or where no public console exists, what a link would say.
func (a *objectArgument) link() launch.Link {
	if url := a.text("launch_url"); url != "" || a.unknown {
		return a.parse(url)
	}
	l := launch.Link{Region: a.text("region"), StackName: a.text("stack_name"), TemplateURL: a.text("template_url"), Parameters: a.texts("parameters")}
	if l.Region == "" || l.StackName == "" || l.TemplateURL == "" {
		a.fail("has no `launch_url`, and without it `region`, `stack_name` and `template_url` are needed")
	} else if err := l.Validate(); err != nil {
		a.fail(fmt.Sprintf("has no `launch_url`, and what is read instead of it is refused: %s", err))
	}
	return l
}

func (a *objectArgument) parse(url string) launch.Link {
	l, err := launch.Parse(url)
	if err != nil {
		a.fail(fmt.Sprintf("its `launch_url` is not a launch link that xrole made: %s", err))
	}
	return l
}

func (a *objectArgument) invitation() launch.Invitation {
	link, role, hub := a.link(), a.object("role"), a.object("hub")
	inv := launch.Invitation{
		Link:                   link,
		StackID:                a.standingStack(),
		Partner:                a.text("partner"),
		Name:                   a.text("name"),
		AccountID:              a.text("account_id"),
		ExternalID:             a.text("external_id"),
		PreviousExternalID:     a.text("previous_external_id"),
		TemplateSHA256:         a.text("template_sha256"),
		RoleName:               role.text("name"),
		RolePath:               role.text("path"),
		RoleDescription:        role.text("description"),
		PermissionsBoundaryARN: role.text("permissions_boundary_arn"),
		ManagedPolicyARNs:      role.list("managed_policy_arns"),
		InlinePolicies:         role.texts("inline_policies"),
		PartnerAccountID:       hub.text("account_id"),
		TrustedPrincipalARNs:   hub.list("trusted_principal_arns"),
		TopicName:              hub.text("topic_name"),
		TimeoutSeconds:         a.seconds("service_timeout_seconds"),
	}
	a.outline(&inv)
	a.take("role", role)
	a.take("hub", hub)
	return inv
}

// standingStack is the id of the stack that the customer has launched, unless what is known of it says that it is gone or goes.
func (a *objectArgument) standingStack() string {
	id := a.text("stack_id")
	if id == "" {
		return ""
	}
	switch status := registry.Status(a.text("status")); status {
	case registry.Leaving, registry.Disconnected, registry.Rejected:
		return ""
	default:
		return id
	}
}

// outline tells what a template of the partner's own makes and asks for.
func (a *objectArgument) outline(inv *launch.Invitation) {
	body := a.text("template_body")
	if body == "" {
		return
	}
	template, err := cfn.Parse(body)
	if err != nil {
		a.fail(fmt.Sprintf("its `template_body` cannot be read: %s", err))
		return
	}
	outline := template.Outline()
	for _, r := range outline.Resources {
		inv.Resources = append(inv.Resources, launch.Resource(r))
	}
	for _, p := range outline.Parameters {
		inv.Parameters = append(inv.Parameters, launch.Parameter(p))
	}
}
