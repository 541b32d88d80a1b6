package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// checkOwn reports what is wrong with a customer's role, whichever hub it is for: that may be made by this very apply.
func checkOwn(ctx context.Context, plan *onboardingModel, diags *diag.Diagnostics) {
	if known(ctx, plan.Role) && !plan.Role.IsNull() {
		checkRole(roleModelOf(plan.Role).toRole(), plan.AccountID.ValueString(), diags)
	}
	if existing := plan.ExistingRoleARN.ValueString(); existing != "" && !plan.AccountID.IsUnknown() && !onboarding.SameAccount(existing, plan.AccountID.ValueString()) {
		diags.AddAttributeError(path.Root("existing_role_arn"), "Existing role of another account",
			fmt.Sprintf("%q is not a role of the customer's account %q.", existing, plan.AccountID.ValueString()))
	}
}

// checkRole reports what IAM would refuse of the role's settings, on the setting.
func checkRole(role *cfn.Role, accountID string, diags *diag.Diagnostics) {
	if len(role.ManagedPolicyARNs)+len(role.InlinePolicies) == 0 {
		diags.AddAttributeWarning(path.Root("role"), "Role without permissions",
			"`role` has neither `managed_policy_arns` nor `inline_policies`: the role that the customer makes may do nothing. Is a name in it misspelt? Terraform leaves out what it does not know there, without a word.")
	}
	var warnings []found
	for _, f := range cfn.CheckRole(*role, accountID) {
		at, setting := rolePath(f.Attribute, f.Key), "role."+f.Attribute
		if f.Key != "" {
			setting += fmt.Sprintf("[%q]", f.Key)
		}
		text := "`" + setting + "`: " + f.Message // Terraform points at the resource only
		if f.Warning {
			warnings = append(warnings, found{at, text})
			continue
		}
		diags.AddAttributeError(at, "Invalid role setting", text)
	}
	if at, text := together(warnings, path.Root("role")); text != "" {
		diags.AddAttributeWarning(at, "Role setting worth a second look", text)
	}
}

// found is something to say of a place.
type found struct {
	at   path.Path
	text string
}

// together makes one warning of all, at its place or at the one that holds them all: of several with one summary Terraform
// shows the first, and of the others that there are more elsewhere.
func together(all []found, of path.Path) (at path.Path, text string) {
	var texts []string
	for _, f := range all {
		at, texts = f.at, append(texts, f.text)
	}
	if len(all) > 1 {
		at = of
	}
	return at, strings.Join(texts, "\n\n")
}

// checkSource reports what is wrong with the partner's own template, whichever hub it is for.
func checkSource(plan *onboardingModel, diags *diag.Diagnostics) {
	body := plan.TemplateBody.ValueString()
	if body == "" {
		return
	}
	ids, _ := plan.externalIDs()
	found := cfn.Check(body, cfn.Values{ExternalIDs: ids, OnboardingName: plan.Name.ValueString(), AccountID: plan.AccountID.ValueString(), Region: plan.Region.ValueString()})
	addFindings(diags, found, onboarding.Offered{TemplateBody: body})
}

// checkPolicies refuses policies that do not exist where the hub is, as far as that is known: it may be made by this very
// apply.
func checkPolicies(ctx context.Context, plan *onboardingModel, diags *diag.Diagnostics) {
	hub := hubModelOf(plan.Hub).Partition.ValueString()
	if hub == "" || plan.Role.IsNull() || !known(ctx, plan.Role) {
		return
	}
	for _, arn := range roleModelOf(plan.Role).toRole().ManagedPolicyARNs {
		if p := strings.Split(arn, ":"); len(p) > 1 && p[1] != hub {
			diags.AddAttributeError(rolePath("managed_policy_arns", arn), "Policy of another partition",
				fmt.Sprintf("%q is of the partition %q, the hub of %q. Write the ARN of that partition's policy, which begins with \"arn:%s:\".", arn, p[1], hub, hub))
		}
	}
}

// checkAccount refuses the partner's own account, whose roles the receiver never assumes.
func checkAccount(in onboarding.Inputs, diags *diag.Diagnostics) {
	if in.AccountID == in.Hub.AccountID {
		diags.AddAttributeError(path.Root("account_id"), "Customer in the hub's own account",
			fmt.Sprintf("%q is the hub's account. The receiver never assumes a role there, so the onboarding could never be verified.", in.AccountID))
	}
}

// checkGiven warns of a weak External ID, and asks for the one that comes with a role that is taken over. Later xrole
// may have made another.
func checkGiven(plan, state *onboardingModel, given types.String, diags *diag.Diagnostics) {
	if state != nil {
		return
	}
	if weakness := trust.Weakness(given.ValueString(), plan.Name.ValueString(), plan.AccountID.ValueString()); !given.IsNull() && !given.IsUnknown() && weakness != "" {
		diags.AddAttributeWarning(path.Root("external_id"), "External ID that can be guessed",
			fmt.Sprintf("The External ID given for onboarding %q is weak: %s. Whoever guesses it can pass for this customer wherever an External ID is asked for. "+
				"Once the customer is taken over, replace it: remove `external_id` and change `rotation`.", plan.Name.ValueString(), weakness))
	}
	if given.IsNull() && !plan.ExistingRoleARN.IsNull() {
		diags.AddAttributeError(path.Root("existing_role_arn"), "Existing role without its External ID",
			fmt.Sprintf("Set `external_id` to the one that %s asks for: it cannot be proven with another.", plan.ExistingRoleARN.ValueString()))
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
func renderAtPlan(in onboarding.Inputs, externalIDs []string, diags *diag.Diagnostics) *onboarding.Publication {
	pub, findings, err := onboarding.Render(in.Offered, externalIDs)
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

// addFindings puts what was found in a template on the attribute that it came from. Of the built-in template only errors
// are told, without a line: its source is nobody's to change, and checkRole has warned of the settings already.
func addFindings(diags *diag.Diagnostics, findings []cfn.Finding, o onboarding.Offered) {
	var warnings []found
	for _, f := range findings {
		builtin := o.TemplateBody == ""
		at, where := path.Root("template_body"), place(f)
		switch name, isLink := strings.CutPrefix(f.Path, "parameters."); {
		case isLink:
			at = path.Root("parameters").AtMapKey(name)
		case builtin && strings.HasSuffix(f.Path, "AssumeRolePolicyDocument"):
			at, where = path.Root("hub").AtName("trusted_principal_arns"), "" // what makes the built-in trust policy long
		case builtin:
			at, where = path.Root("role"), ""
		}
		switch {
		case !f.Warning:
			diags.AddAttributeError(at, "Template refused", where+f.Message)
		case !builtin:
			warnings = append(warnings, found{at, where + f.Message})
		}
	}
	if at, text := together(warnings, path.Root("template_body")); text != "" {
		diags.AddAttributeWarning(at, "Template worth a second look", text)
	}
}

func place(f cfn.Finding) string {
	switch {
	case f.Line == 0:
		return ""
	case f.Path == "": // of the text, which was not read as a template
		return fmt.Sprintf("Line %d, column %d: ", f.Line, f.Column)
	}
	return fmt.Sprintf("Line %d, column %d, at %s: ", f.Line, f.Column, f.Path)
}

// checkTopic guards a customer's stack against a template that it could never be updated to: CloudFormation lets no
// custom resource change its topic ("Modifying service token is not allowed"), so that another topic needs another
// logical id. The built-in template has one for each topic.
func checkTopic(in onboarding.Inputs, pub *onboarding.Publication, state *onboardingModel, diags *diag.Diagnostics) {
	if !live(state) {
		return
	}
	before, more := state.toInputs()
	diags.Append(more...)
	if diags.HasError() || before.Hub.TopicARN(before.Region) == in.Hub.TopicARN(in.Region) {
		return
	}
	if in.Region != before.Region {
		diags.AddAttributeWarning(path.Root("region"), "Region of a live onboarding changes",
			fmt.Sprintf("The customer's stack stands in %q and cannot be updated from a template for %q: the customer has to delete it there, and to launch the new link afterwards.", before.Region, in.Region))
	}
	if in.TemplateBody == "" || before.TemplateBody == "" {
		return
	}
	old, _, err := onboarding.Render(before.Offered, state.identity().IDs())
	if err == nil && old != nil && old.CallbackLogicalID == pub.CallbackLogicalID {
		diags.AddAttributeError(path.Root("template_body"), "Callback would change its topic",
			fmt.Sprintf("Onboarding %q is %s, and this change gives its custom resource %q another topic, which CloudFormation refuses in a stack that stands. "+
				"Give the resource another logical id in the template.", in.Name, state.Status.ValueString(), pub.CallbackLogicalID))
	}
}

// dropOldWarnings keeps a plan quiet about what was warned of when it was set.
func dropOldWarnings(plan, state *onboardingModel, diags *diag.Diagnostics) {
	if state == nil || !plan.Role.Equal(state.Role) || !plan.TemplateBody.Equal(state.TemplateBody) || !plan.Region.Equal(state.Region) {
		return
	}
	*diags = slices.DeleteFunc(*diags, func(d diag.Diagnostic) bool { return d.Severity() == diag.SeverityWarning })
}
