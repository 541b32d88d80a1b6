package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// checkRole reports what IAM would refuse of the role's settings, on the setting.
func checkRole(in onboarding.Inputs, diags *diag.Diagnostics) {
	if in.Role == nil {
		return
	}
	for _, f := range cfn.CheckRole(*in.Role) {
		at := rolePath(f.Attribute, f.Key)
		if f.Warning {
			diags.AddAttributeWarning(at, "Role setting worth a second look", f.Message)
			continue
		}
		diags.AddAttributeError(at, "Invalid role setting", f.Message)
	}
	for _, arn := range in.Role.ManagedPolicyARNs {
		if p := strings.Split(arn, ":"); len(p) > 1 && p[1] != in.Hub.Partition {
			diags.AddAttributeError(rolePath("managed_policy_arns", arn), "Policy of another partition",
				fmt.Sprintf("%q is of the partition %q, the hub of %q.", arn, p[1], in.Hub.Partition))
		}
	}
}

func rolePath(attribute, key string) path.Path {
	at := path.Root("role").AtName(attribute)
	switch {
	case key == "":
		return at
	case attribute == "managed_policy_arns":
		return at.AtSetValue(types.StringValue(key))
	default:
		return at.AtMapKey(key)
	}
}

// renderAtPlan renders and reports the findings; nil when there is no template.
func renderAtPlan(in onboarding.Inputs, externalID string, diags *diag.Diagnostics) *onboarding.Publication {
	pub, findings, err := onboarding.Render(in.Offered, []string{externalID})
	addFindings(diags, findings, in.Offered)
	if err != nil {
		diags.AddError("Unable to render the template", fmt.Sprintf("Onboarding %q.\n\nError: %s", in.Name, err.Error()))
		return nil
	}
	if pub != nil && partition.ForRegion(in.Region).ConsoleHost(in.Region) == "" {
		diags.AddWarning("No launch link in this partition",
			fmt.Sprintf("The partition of %q has no public console, so `launch_url` is null. The function `cli_command` makes the call instead.", in.Region))
	}
	return pub
}

// addFindings puts what was found in a template on the attribute that it came from.
func addFindings(diags *diag.Diagnostics, findings []cfn.Finding, o onboarding.Offered) {
	root := path.Root("template_body")
	if o.TemplateBody == "" {
		root = path.Root("role")
	}
	for _, f := range findings {
		at := root
		if name, ok := strings.CutPrefix(f.Path, "parameters."); ok {
			at = path.Root("parameters").AtMapKey(name)
		}
		if f.Warning {
			diags.AddAttributeWarning(at, "Template worth a second look", place(f)+f.Message)
			continue
		}
		diags.AddAttributeError(at, "Template refused", place(f)+f.Message)
	}
}

func place(f cfn.Finding) string {
	if f.Line == 0 {
		return ""
	}
	return fmt.Sprintf("Line %d, column %d, at %s: ", f.Line, f.Column, f.Path)
}
