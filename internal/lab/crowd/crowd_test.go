package crowd_test

import (
	"os"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/lab/crowd"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

// The customers are there as after an apply and as many launches.
func TestInvite(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	hub := crowd.Hub(l.DeployHub(t, partner, lab.HubOptions{TrustedPrincipalARNs: []string{partner.ARN}}))
	s := crowd.Service(partner, hub)
	invited, err := crowd.Invite(t.Context(), s, 0, 5, func(i int) onboarding.Inputs { return crowd.Inputs(hub, i) })
	if err != nil {
		t.Fatal(err)
	}
	if err := crowd.Verify(t.Context(), s, invited[:3]); err != nil {
		t.Fatal(err)
	}
	all, err := s.Registry.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := map[registry.Status]int{}
	for i := range 5 {
		count[all[crowd.Name(i)].Status()]++
	}
	if len(all) != 5 || count[registry.Verified] != 3 || count[registry.Pending] != 2 {
		t.Errorf("the registry holds %d onboardings, %v", len(all), count)
	}
}
