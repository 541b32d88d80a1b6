package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// departing are the accounts that left `customers` and still have a stack that stands: what was departing before and is
// not known to be gone, and those of the newly removed accounts that the registry shows.
func (r *hubResource) departing(ctx context.Context, plan, state *hubResourceModel, gone []string, diags *diag.Diagnostics) types.Set {
	now, more := plan.customers(ctx)
	diags.Append(more...)
	before, more := state.customers(ctx)
	diags.Append(more...)
	if diags.HasError() || plan.Customers.IsUnknown() || hasUnknown(now.AccountIDs) || now.Anyone.IsUnknown() {
		return types.SetUnknown(types.StringType)
	}
	if now.Anyone.ValueBool() {
		return stringSet([]string{})
	}
	listed := knownStrings(now.AccountIDs)
	notListed := func(ids []string) []string {
		return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(listed, id) })
	}
	stay := slices.DeleteFunc(notListed(knownStrings(state.DepartingAccountIDs)), func(id string) bool { return slices.Contains(gone, id) })
	removed := notListed(knownStrings(before.AccountIDs))
	if len(removed) == 0 && !before.Anyone.ValueBool() {
		return keepOrCutOff(stay, state, diags)
	}
	if !r.connected() {
		return types.SetUnknown(types.StringType)
	}
	h := state.toHub()
	if before.Anyone.ValueBool() {
		everyone, err := r.accountsSeen(ctx, h)
		if err != nil {
			addHubError(diags, "Unable to tell which customers have answered", h.Name, err)
			return types.SetUnknown(types.StringType)
		}
		removed = notListed(everyone)
	}
	live, err := hub.Departing(ctx, r.data.clients, h, removed)
	if err != nil {
		addHubError(diags, "Unable to tell which customers are departing", h.Name, err)
		return types.SetUnknown(types.StringType)
	}
	stay = append(stay, live...)
	slices.Sort(stay)
	return keepOrCutOff(slices.Compact(stay), state, diags)
}

// keepOrCutOff lets the departing accounts stay, unless force_destroy was applied before: one whose account is closed can
// never report that its stack is gone.
func keepOrCutOff(departing []string, state *hubResourceModel, diags *diag.Diagnostics) types.Set {
	if len(departing) == 0 || !state.ForceDestroy.ValueBool() {
		return stringSet(emptyNotNil(departing))
	}
	diags.AddAttributeWarning(path.Root("departing_account_ids"), "Departing customers are cut off",
		fmt.Sprintf("As far as hub %q knows, these accounts have a stack that stands, and it could not be deleted any more but by force: %s. They are dropped since `force_destroy = true` was applied before. "+
			"To keep them, set `force_destroy = false` and apply that first, or put them back into `customers`.", state.Name.ValueString(), strings.Join(departing, ", ")))
	return stringSet([]string{})
}

func emptyNotNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// accountsSeen are all accounts that ever answered: in a hub for anyone nobody is listed.
func (r *hubResource) accountsSeen(ctx context.Context, h hub.Hub) ([]string, error) {
	records, err := r.records(ctx, h)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, rec := range records {
		if rec.Delivery == nil {
			continue
		}
		seen[rec.Delivery.AccountID] = true
		for _, claim := range rec.Delivery.Claims {
			seen[claim.AccountID] = true
		}
	}
	delete(seen, "")
	return slices.Sorted(maps.Keys(seen)), nil
}

// gone are the departing accounts whose stacks no longer stand.
func (r *hubResource) gone(ctx context.Context, state *hubResourceModel, diags *diag.Diagnostics) []string {
	departing := knownStrings(state.DepartingAccountIDs)
	if len(departing) == 0 {
		return nil
	}
	live, err := hub.Departing(ctx, r.data.clients, state.toHub(), departing)
	if err != nil {
		addHubError(diags, "Unable to tell which departing customers are gone", state.Name.ValueString(), err)
		return nil
	}
	return slices.DeleteFunc(departing, func(id string) bool { return slices.Contains(live, id) })
}

func (r *hubResource) records(ctx context.Context, h hub.Hub) (map[string]registry.Record, error) {
	records, err := r.store(h.Region, h.TableARN).List(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the registry: %w", err)
	}
	return records, nil
}

// warnOfNewTemplates says how many live customers would have to update their stacks. It is a help only: where the registry
// cannot be read, the plan goes on without.
func (r *hubResource) warnOfNewTemplates(ctx context.Context, plan, state *hubResourceModel, diags *diag.Diagnostics) {
	if hasUnknown(plan.TrustedPrincipalARNs) || plan.TrustedPrincipalARNs.Equal(state.TrustedPrincipalARNs) || !r.connected() {
		return
	}
	records, err := r.records(ctx, state.toHub())
	if err != nil {
		return
	}
	live := 0
	for _, rec := range records {
		if rec.Offer != nil && onboarding.Live(rec.Status()) {
			live++
		}
	}
	if live > 0 {
		diags.AddAttributeWarning(path.Root("trusted_principal_arns"), "Trusted principals of live customers change",
			fmt.Sprintf("Live customers: %d. Their roles go on trusting the former principals until each of them updates its stack: every onboarding gets a new template, and shows as outdated until then.", live))
	}
}
