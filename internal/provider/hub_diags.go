package provider

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

// addSpecError puts what is wrong with an input on the input, and reports whether it was such an error.
func addSpecError(diags *diag.Diagnostics, err error) bool {
	if tooLarge, ok := errors.AsType[*hub.PolicyTooLargeError](err); ok {
		diags.AddAttributeError(path.Root("customers").AtName("account_ids"), "Too many customers for one hub",
			fmt.Sprintf("`customers.account_ids`: %s. A second hub is one more element of a `for_each`; `anyone = true` has no limit.", tooLarge.Error()))
		return true
	}
	wrong, ok := errors.AsType[*hub.SpecError](err)
	if !ok {
		return false
	}
	text := "`" + wrong.Field + "`: " + wrong.Message + "." // Terraform points at the resource only
	if wrong.Key != "" && !strings.Contains(wrong.Message, strconv.Quote(wrong.Key)) {
		text = "`" + wrong.Field + "`: " + strconv.Quote(wrong.Key) + " " + wrong.Message + "."
	}
	diags.AddAttributeError(hubPath(wrong.Field, wrong.Key), "Invalid hub setting", text)
	return true
}

// hubPath is where a field of a hub.Spec stands in the resource.
func hubPath(field, key string) path.Path {
	names := strings.Split(field, ".")
	at := path.Root(names[0])
	for _, name := range names[1:] {
		at = at.AtName(name)
	}
	switch field {
	case "regions", "trusted_principal_arns", "customers.account_ids":
		if key != "" {
			return at.AtSetValue(types.StringValue(key))
		}
	case "alarm_topic_arns", "tags":
		if key != "" {
			return at.AtMapKey(key)
		}
	}
	return at
}

func addHubError(diags *diag.Diagnostics, summary, name string, err error) {
	diags.AddError(summary, fmt.Sprintf("Hub %q.%s\n\nError: %s", name, hubHint(err), err.Error()))
}

func hubHint(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return " It took longer than `timeouts` allows; AWS goes on by itself, and the next apply waits for it."
	}
	if awsapi.IsNotFound(err) {
		return ""
	}
	return hint(err)
}

// addHubApplyError says what stopped a creation or a change, what had been begun, and how to go on.
func addHubApplyError(diags *diag.Diagnostics, spec hub.Spec, said *hubProgress, err error) {
	if addSpecError(diags, err) || addHubOwnerError(diags, spec, err) {
		return
	}
	if account, ok := errors.AsType[*hub.AccountError](err); ok {
		diags.AddAttributeError(hubPath("customers.account_ids", account.AccountID), "Customer account does not exist",
			fmt.Sprintf("`customers.account_ids`: AWS knows no account %q, and S3 refuses a policy that names it. What was in force of hub %q before is. Correct the id, or take it out if the account was closed, and apply again.%s",
				account.AccountID, spec.Name, begun(said)))
	} else if inUse, ok := errors.AsType[*hub.InUseError](err); ok {
		diags.AddAttributeError(hubPath("regions", inUse.Region), "Region of the hub is in use",
			fmt.Sprintf("Region %q of hub %q is in use. Onboardings there: %d. Customers' stacks there that call its topic: %d; without it they could neither be updated nor deleted. Nothing was changed. "+
				"To cut them off, set `force_destroy = true`, apply, and then remove the region.", inUse.Region, spec.Name, inUse.Onboardings, inUse.Stacks))
	} else if stack, ok := errors.AsType[*hub.StackError](err); ok {
		diags.AddError("Hub stack failed", fmt.Sprintf("Hub %q: %s%s%s%s", spec.Name, stackText(stack), begun(said), hubAgain, "\n\nError: "+err.Error()))
	} else {
		diags.AddError("Unable to apply the hub", fmt.Sprintf("Hub %q.%s%s%s\n\nError: %s", spec.Name, hubHint(err), begun(said), hubAgain, err.Error()))
	}
}

const hubAgain = " What stands stays as it is; the next apply goes on from there."

func stackText(e *hub.StackError) string {
	if e.LogicalID == "" {
		return fmt.Sprintf("the stack %q in %s is %s.", e.Stack, e.Region, e.Status)
	}
	return fmt.Sprintf("the stack %q in %s is %s, since %s (%s) failed first: %s.", e.Stack, e.Region, e.Status, e.LogicalID, e.Type, strings.TrimSuffix(e.Reason, "."))
}

// begun lists the steps that were told, so that a reader knows how far it came.
func begun(said *hubProgress) string {
	said.mu.Lock()
	defer said.mu.Unlock()
	if len(said.steps) == 0 {
		return " Nothing was changed."
	}
	return " Begun so far: " + strings.Join(said.steps, "; ") + "."
}

func addHubOwnerError(diags *diag.Diagnostics, spec hub.Spec, err error) bool {
	if revision, ok := errors.AsType[*hub.RevisionError](err); ok {
		diags.AddError("Hub was changed at the same time",
			fmt.Sprintf("Another run, of the Terraform state %s, wrote hub %q in %q while this one was at work, and its settings stand. Apply again: "+
				"if the other run was this configuration's, it goes on from there; if not, it says who keeps the hub and what to do.", revision.Owner, spec.Name, spec.Region))
	} else if _, ok := errors.AsType[*hub.ExistsError](err); ok {
		diags.AddAttributeError(path.Root("name"), "Hub exists already",
			fmt.Sprintf("The account has a hub %q in %q already, with onboardings. Nothing was changed. If it is of another configuration, choose another name. To go on with it, import it:\n\n"+
				"  terraform import ADDRESS '%s'", spec.Name, spec.Region, spec.Name))
	} else if owner, ok := errors.AsType[*hub.OwnerError](err); ok {
		diags.AddError("Hub has another owner",
			fmt.Sprintf("Another Terraform state, %s, keeps hub %q in %q, so nothing was changed. Of several that import one hub, the first that writes becomes its owner. "+
				"Decide which configuration owns it: choose another name here; or remove it there with "+
				"`terraform state rm`, and here as well if it is in the state, and import it:\n\n  terraform import ADDRESS '%s'", owner.Owner, spec.Name, spec.Region, spec.Name))
	} else {
		return false
	}
	return true
}

func addHubDeleteError(diags *diag.Diagnostics, h hub.Hub, said *hubProgress, err error) {
	if addHubOwnerError(diags, hub.Spec{Name: h.Name, Region: h.Region}, err) {
		return
	}
	name := h.Name
	if inUse, ok := errors.AsType[*hub.InUseError](err); ok {
		diags.AddError("Hub is in use",
			fmt.Sprintf("Hub %q is in use. Its onboardings: %d. Customers' stacks that call its topics: %d; without those they could neither be updated nor deleted. Nothing was deleted. "+
				"To destroy it all the same, set `force_destroy = true`, apply, and then remove it.", name, inUse.Onboardings, inUse.Stacks))
	} else if stack, ok := errors.AsType[*hub.StackError](err); ok {
		diags.AddError("Hub stack cannot be deleted", fmt.Sprintf("Hub %q: %s%s The next destroy goes on from there.\n\nError: %s", name, stackText(stack), begun(said), err.Error()))
	} else {
		diags.AddError("Unable to destroy the hub", fmt.Sprintf("Hub %q.%s%s The next destroy goes on from there.\n\nError: %s", name, hubHint(err), begun(said), err.Error()))
	}
}
