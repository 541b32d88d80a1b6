package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// addError reports a failed request: what was being done, a hint where the code is one we know, and the cause last.
func addError(diags *diag.Diagnostics, summary, name string, err error) {
	detail := fmt.Sprintf("Onboarding %q.", name)
	if whole, ok := errors.AsType[*registry.ReadError](err); ok && whole.Name == "" {
		detail = fmt.Sprintf("Registry %q in %q.", whole.Table, whole.Region)
	}
	if step, ok := errors.AsType[*onboarding.StepError](err); ok {
		detail = fmt.Sprintf("Onboarding %q, while %s.", name, step.Step)
		if step.Done != "" {
			detail += fmt.Sprintf(" Done before: %s.", step.Done)
		}
	}
	diags.AddError(summary, detail+hint(err)+"\n\nError: "+err.Error())
}

// hint says what to look at for the failures that have a known cause.
func hint(err error) string {
	credentials, without := errors.AsType[*awsapi.CredentialsError](err)
	read, reading := errors.AsType[*registry.ReadError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return " The run was interrupted."
	case without && credentials.RoleARN == "":
		return " There are no AWS credentials to ask with. " + configHint + " `aws sts get-caller-identity` shows whether there are any."
	case without && awsapi.IsAccessDenied(err):
		return fmt.Sprintf(" The credentials may not assume the role %q of the provider's `assume_role`: check that its `role_arn` and `external_id` are right, that the role's trust policy lets them in, and that they may call sts:AssumeRole.", credentials.RoleARN)
	case awsapi.IsAccessDenied(err):
		return " The role that runs Terraform may not do this, or the credentials are of another account than the hub's; the error names both. An explicit deny may also come from a service control policy or the bucket's policy."
	case reading && awsapi.IsNotFound(err):
		return fmt.Sprintf(" The hub's table %q is not there in %q: check `hub`, or the hub and the region that an import names, and that the credentials are of the hub's account.%s", read.Table, read.Region, goneHint)
	case awsapi.IsNotFound(err):
		return " The hub's table or bucket is not there: check `hub`, and that the credentials are of the hub's account." + goneHint
	case awsapi.IsThrottled(err):
		return " AWS throttled the request through all retries: apply again, with a smaller -parallelism or a larger `max_retries`."
	case slices.Contains([]string{"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "ExpiredToken", "ExpiredTokenException"}, awsapi.Code(err)):
		return " AWS does not know these credentials, or they have expired, or are of another partition: renew them, or check `profile` and `region`."
	default:
		return ""
	}
}

func notInRegistry(hub onboarding.Hub, name string) string {
	return fmt.Sprintf("The registry %q in %q holds no onboarding %q. Names are case-sensitive; check also that `hub` is the right one.", hub.Table, hub.Region, name)
}

// goneHint is for who has destroyed a hub, or a part of it, before what was made with it.
const goneHint = " If the hub was destroyed, take what was made with it out of the state with `terraform state rm`."

// againHint is what the next apply does after one that failed half-way.
const againHint = " The next apply with these inputs goes on from there, with the same External ID; if you change one, set `adopt = true` as well."

func addCreateError(ctx context.Context, diags *diag.Diagnostics, in onboarding.Inputs, err error) {
	if _, ok := errors.AsType[*twiceError](err); ok {
		diags.AddAttributeError(path.Root("name"), "Two onboardings of one name",
			fmt.Sprintf("This apply has made onboarding %q of the registry %q already, for another resource. Nothing was changed by this one. Give it a name of its own.", in.Name, in.Hub.Table))
	} else if exists, ok := errors.AsType[*onboarding.ExistsError](err); ok {
		diags.AddAttributeError(path.Root("name"), "Onboarding exists already", existsDetail(ctx, in, exists))
	} else if step, ok := errors.AsType[*onboarding.StepError](err); ok && step.Done != "" {
		diags.AddError("Onboarding made only in part", inPart(in.Name, step, err))
	} else if !addSharedError(diags, in.Name, err) {
		addError(diags, "Unable to create the onboarding", in.Name, err)
	}
}

func inPart(name string, step *onboarding.StepError, err error) string {
	return fmt.Sprintf("Onboarding %q, while %s. Done before: %s.%s%s\n\nError: %s", name, step.Step, step.Done, againHint, hint(err), err.Error())
}

func existsDetail(ctx context.Context, in onboarding.Inputs, exists *onboarding.ExistsError) string {
	what := "with other inputs than these"
	if exists.Delivered {
		what = "and a customer has answered it"
	}
	goOn := fmt.Sprintf("either import it\n\n  terraform import ADDRESS '%s,%s,%s'\n\nor set `adopt = true`.", in.Hub.Region, in.Hub.Table, in.Name)
	if inFleet(ctx) { // whose import takes in a whole registry
		goOn = "set `adopt = true` for this customer."
	}
	return fmt.Sprintf("The registry %q holds an offer of the name %q already, %s. Nothing was changed. "+
		"If it is of another configuration, choose another name. To go on with it, keeping its External ID, %s", in.Hub.Table, in.Name, what, goOn)
}

func addUpdateError(diags *diag.Diagnostics, in onboarding.Inputs, err error) {
	if addSharedError(diags, in.Name, err) {
		return
	}
	if step, ok := errors.AsType[*onboarding.StepError](err); ok && step.Done != "" {
		diags.AddError("Onboarding changed only in part", inPart(in.Name, step, err))
		return
	}
	addError(diags, "Unable to update the onboarding", in.Name, err)
}

func addDeleteError(diags *diag.Diagnostics, state *onboardingModel, err error) {
	name := state.Name.ValueString()
	if liveErr, ok := errors.AsType[*onboarding.LiveError](err); ok {
		if live(state) { // the plan of a replacement that adopts says nothing
			refuseDestroy(state, diags)
			return
		}
		diags.AddError("Onboarding went live",
			fmt.Sprintf("Onboarding %q is %s, which the plan did not see: a role may stand in the customer's account. Nothing was deleted. %s", name, liveErr.Status, cutOffHint(string(liveErr.Status))))
		return
	}
	if !addSharedError(diags, name, err) {
		addError(diags, "Unable to delete the onboarding", name, err)
	}
}

// addSharedError reports what create, update and delete have in common, and whether it did.
func addSharedError(diags *diag.Diagnostics, name string, err error) bool {
	if rotation, ok := errors.AsType[*onboarding.RotationError](err); ok {
		addRefusal(diags, name, string(rotation.Status), rotation.Refusal)
	} else if owner, ok := errors.AsType[*onboarding.OwnerError](err); ok && owner.Foreign {
		diags.AddError("Onboarding has another owner", foreignDetail(name))
	} else if ok {
		diags.AddError("Onboarding changed since the plan",
			fmt.Sprintf("Onboarding %q was written by another run after this plan was made, so nothing was changed. Plan and apply again.", name))
	} else if template, ok := errors.AsType[*onboarding.TemplateError](err); ok {
		addFindings(diags, template.Findings, onboarding.Offered{Name: name})
	} else if account, ok := errors.AsType[*onboarding.AccountError](err); ok {
		diags.AddAttributeError(path.Root("account_id"), "Onboarding of another account",
			fmt.Sprintf("The registry holds onboarding %q for account %q, whose External ID and role must not pass to another one. "+
				"Nothing was changed. Choose another name, or destroy that onboarding first.", name, account.Offered))
	} else if id, ok := errors.AsType[*onboarding.ExternalIDError](err); ok {
		diags.AddAttributeError(path.Root("external_id"), "External ID cannot be used", fmt.Sprintf("Onboarding %q: %s.", name, id.Reason))
	} else {
		return false
	}
	return true
}
