package provider

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
)

// guests are whom each hub lets in, as far as this process has planned, made or looked it up. An onboarding does not say
// it: its hub would hold thousands of accounts, for each of thousands of customers. Terraform comes to a hub before it
// comes to what refers to it.
type guests struct {
	mu   sync.Mutex
	hubs map[string]guestList
}

type guestList struct {
	anyone   bool
	accounts map[string]bool
	// planned is set for what a hub of this configuration will be, which is more than what it was.
	planned bool
}

func guestsKey(accountID, region, table string) string { return accountID + "/" + region + "/" + table }

// note takes down whom a hub lets in.
func (g *guests) note(accountID, region, table string, access hub.Access, planned bool) {
	list := guestList{anyone: access.Anyone, planned: planned, accounts: make(map[string]bool, len(access.AccountIDs))}
	for _, id := range access.AccountIDs {
		list.accounts[id] = true
	}
	key := guestsKey(accountID, region, table)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hubs == nil {
		g.hubs = map[string]guestList{}
	}
	if planned || !g.hubs[key].planned {
		g.hubs[key] = list
	}
}

// forget is for a hub of which it is not known yet whom it will let in.
func (g *guests) forget(accountID, region, table string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.hubs, guestsKey(accountID, region, table))
}

// letsIn reports whether a hub lets an account in, or any account where none is given; true for a hub that it knows
// nothing of.
func (g *guests) letsIn(h onboarding.Hub, accountID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	list, known := g.hubs[guestsKey(h.AccountID, h.Region, h.Table)]
	return !known || list.anyone || accountID != "" && list.accounts[accountID]
}

// noteGuests takes down whom a hub will let in.
func (r *hubResource) noteGuests(ctx context.Context, plan *hubResourceModel) {
	if r.data == nil || plan.AccountID.IsUnknown() || plan.Table.IsUnknown() || plan.Region.IsUnknown() {
		return // nothing can be known of an onboarding's hub either
	}
	account, region, table := plan.AccountID.ValueString(), plan.Region.ValueString(), plan.Table.ValueString()
	customers, diags := plan.customers(ctx)
	if diags.HasError() || plan.Customers.IsUnknown() || hasUnknown(customers.AccountIDs) || customers.Anyone.IsUnknown() {
		r.data.guests.forget(account, region, table)
		return
	}
	r.data.guests.note(account, region, table, hub.Access{AccountIDs: knownStrings(customers.AccountIDs), Anyone: customers.Anyone.ValueBool()}, true)
}

// checkGuest refuses a new customer whom the hub does not let in, and warns of one that stands.
func (r *onboardingResource) checkGuest(ctx context.Context, plan, state *onboardingModel, diags *diag.Diagnostics) {
	if r.data == nil || !known(ctx, plan.Hub, plan.AccountID, plan.ExistingRoleARN) || !plan.ExistingRoleARN.IsNull() {
		return // who has a role already needs neither template nor topic
	}
	h, more := hubOf(plan.Hub)
	if more.HasError() || r.data.guests.letsIn(h, plan.AccountID.ValueString()) {
		return
	}
	at, name, account := path.Root("account_id"), plan.Name.ValueString(), plan.AccountID.ValueString()
	switch {
	case plan.AccountID.IsNull() && state == nil:
		diags.AddAttributeError(at, "Account missing",
			fmt.Sprintf("Onboarding %q has no `account_id`, and the hub lets in only the accounts that it lists: nobody could read the template. "+
				"Set `account_id`, and add it to `customers.account_ids` of the hub.", name))
	case plan.AccountID.IsNull():
		diags.AddAttributeWarning(at, "Account still open",
			fmt.Sprintf("Onboarding %q has no `account_id`, and the hub lets in only the accounts that it lists now: nobody can read the template, so that no launch, update or rotation reaches the customer. "+
				"Once its role is verified, set `account_id` to that role's account, and add it to `customers.account_ids` of the hub.", name))
	case state == nil:
		diags.AddAttributeError(at, "Account that the hub does not let in",
			fmt.Sprintf("`customers.account_ids` of the hub does not list %q, the account of onboarding %q: the customer would be shown S3's \"Access Denied\" instead of the template. Add it there.", account, name))
	default:
		diags.AddAttributeWarning(at, "Account that the hub lets in no more",
			fmt.Sprintf("`customers.account_ids` of the hub does not list %q any more, and onboarding %q stays: the customer cannot read its template, so that no launch, update or rotation reaches it. "+
				"Put the account back there, or remove the onboarding as well.", account, name))
	}
}
