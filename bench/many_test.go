package bench_test

import (
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/lab/crowd"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
)

// many is the same customers in one resource, which takes in what was seeded.
const many = `
resource "xrole_onboardings" "all" {
  hub = local.hub
  role = {
    name                = "AcmeAccess"
    managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
  }
  customers = { for name, c in local.customers : name => merge({ account_id = c.account_id },
    name != "customer-00001" || var.description == null ? null : {
      role = {
        name                = "AcmeAccess"
        description         = var.description
        managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"]
      }
  }) }
}
import {
  to = xrole_onboardings.all
  id = "acme"
}
`

// The phases of the plural resource.
const (
	importing    = "one resource: import"
	planningMany = "one resource: plan, no change"
	updatingMany = "one resource: update of one"
)

func (r *results) many(t *testing.T, n int) {
	t.Helper()
	b := newBench(t, map[string]string{"main.tf": head + many}, customers(n))
	hub := crowd.Hub(b.lab.DeployHub(t, b.partner, lab.HubOptions{TrustedPrincipalARNs: []string{"arn:aws:iam::" + b.partner.ID + ":role/collector"}}))
	b.write(map[string]string{"hub.tf": hubLocal(hub)})
	s := crowd.Service(b.partner, hub)
	invited, err := crowd.Invite(b.Context(), s, 0, n, func(i int) onboarding.Inputs { return crowd.Inputs(hub, i) })
	if err != nil {
		t.Fatal(err)
	}
	if err := crowd.Verify(b.Context(), s, invited); err != nil {
		t.Fatal(err)
	}
	r.phases = append(r.phases, b.run(importing, n, "apply", "-auto-approve"))
	b.run(updatingMany, n, "apply", "-auto-approve", "-var=description=first")
	update := b.run(updatingMany, n, "apply", "-auto-approve", "-var=description=second")
	r.phases = append(r.phases, update)
	b.run(updatingMany, n, "apply", "-auto-approve")
	r.phases = append(r.phases, b.run(planningMany, n, "plan", "-detailed-exitcode"))
	r.stateMany[n] = b.stateSize() / int64(n)
}
