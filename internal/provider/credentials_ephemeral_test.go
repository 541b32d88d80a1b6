package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// withEcho adds a provider that puts what it is configured with into the state, where a test can look at it.
func withEcho() map[string]func() (tfprotov6.ProviderServer, error) {
	all := factories()
	all["echo"] = echoprovider.NewProviderServer()
	return all
}

// open asks for credentials and echoes them, to a resource of that name: one that is there already keeps what it has.
func (w world) open(label string, lines ...string) string {
	return w.config(`
ephemeral "xrole_credentials" "x" {
  ` + strings.Join(lines, "\n  ") + `
}
provider "echo" { data = ephemeral.xrole_credentials.x }
resource "echo" "` + label + `" {}`)
}

func byName(name string, lines ...string) []string {
	return append([]string{"hub = local.hub", `name = "` + name + `"`}, lines...)
}

func echoed(label, attribute string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("echo."+label, tfjsonpath.New("data").AtMapKey(attribute), want)
}

// Which onboardings credentials are given for, by all that the registry may hold.
func TestCredentials_statuses(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer, other := l.NewAccount(t), l.NewAccount(t)
	admin := newWorld(t, customer, other)
	w := admin.collector(t)
	const allow = "allow_unverified = true"
	arn := func(account *lab.Account, name string) string { return "arn:aws:iam::" + account.ID + ":role/" + name }
	owned := func(status registry.Status, reason string) registry.Delivery {
		return registry.Delivery{Status: status, Reason: reason, AccountID: customer.ID}
	}
	claims := func(account *lab.Account) registry.Delivery {
		return registry.Delivery{Status: registry.Delivered, Reason: "not yet", Claims: []registry.Claim{{StackID: "s", RoleARN: arn(account, "R"), AccountID: account.ID}}}
	}
	steps := []resource.TestStep{{Config: w.open("x", byName("nobody")...), ExpectError: regexpOf("Onboarding not in the registry")}}
	for name, row := range map[string]struct {
		delivery registry.Delivery
		account  string
		role     string // "" for none; of the customer, unless it is an ARN
		existing bool
		refused  string // without allow_unverified; "" if given
		always   string // with it
	}{
		"pending":         {refused: "No role yet", always: "No role yet"},
		"rejected":        {delivery: owned(registry.Rejected, "it lets everybody in"), refused: "No role yet", always: "Its reason: it lets everybody in."},
		"claimed":         {delivery: claims(customer), refused: "Role not verified"},
		"claimed-other":   {delivery: claims(other), refused: "No role yet", always: "No role yet"},
		"loosened":        {delivery: owned(registry.Delivered, "loose"), role: "R", refused: "Role not verified"},
		"verified":        {delivery: owned(registry.Verified, ""), role: "R"},
		"leaving":         {delivery: owned(registry.Leaving, ""), role: "R"},
		"leaving-failing": {delivery: owned(registry.Leaving, "denied"), role: "R", refused: "Role not verified"},
		"disconnected":    {delivery: owned(registry.Disconnected, "denied"), role: "R", refused: "has deleted the role, or denies access to it"},
		"existing":        {existing: true, refused: "Role not verified"},
		"open":            {delivery: owned(registry.Verified, ""), account: "any", role: "R", refused: "Account not confirmed", always: "Account not confirmed"},
		"own":             {delivery: owned(registry.Verified, ""), role: arn(w.partner, "admin"), refused: "of the partner's own account", always: "of the partner's own account"},
		"elsewhere":       {delivery: owned(registry.Verified, ""), role: arn(other, "R"), refused: "is not of the account", always: "is not of the account"},
		"partition":       {delivery: owned(registry.Verified, ""), role: "arn:aws-cn:iam::" + customer.ID + ":role/R", refused: "nothing crosses a partition", always: "nothing crosses a partition"},
	} {
		// A role of its own for each, so that the External IDs differ as they do in life.
		id := name + "-" + externalID
		trust := strings.ReplaceAll(admin.trustPolicy(t, cfn.Role{}), externalID, id)
		made := role(t, customer, name, trust)
		offer := registry.Offer{Name: name, AccountID: customer.ID, ExternalID: id}
		if row.account == "any" {
			offer.AccountID = ""
		}
		if row.existing {
			offer.ExistingRoleARN = made
		}
		if row.role == "R" {
			row.role = made
		}
		row.delivery.RoleARN = row.role
		for i := range row.delivery.Claims {
			row.delivery.Claims[i].RoleARN = strings.ReplaceAll(row.delivery.Claims[i].RoleARN, ":role/R", ":role/"+name)
		}
		admin.record(t, offer, row.delivery)
		for lines, refused := range map[string]string{"": row.refused, allow: row.always} {
			label := name + lines[:min(5, len(lines))]
			step := resource.TestStep{Config: w.open(label, byName(name, lines)...), ConfigStateChecks: []statecheck.StateCheck{
				echoed(label, "role_arn", knownvalue.StringExact(made)), echoed(label, "session_token", knownvalue.NotNull()),
			}}
			if refused != "" {
				step = resource.TestStep{Config: step.Config, ExpectError: regexpOf(refused)}
			}
			steps = append(steps, step)
		}
	}
	steps = append(steps, resource.TestStep{Config: w.config("")})
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: withEcho(), Steps: steps})
}
