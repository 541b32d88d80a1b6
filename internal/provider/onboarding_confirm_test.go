package provider_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// killAll ends Terraform and the provider at a request of an apply, as a power cut would.
func (w world) killAll(t *testing.T, tf *lab.Terraform, at string) {
	t.Helper()
	running := make(chan *lab.Running, 1)
	remove := w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: at, Times: 1, Hook: func() { (<-running).Kill() }})
	defer remove()
	run := tf.Start("apply", "-auto-approve", "-no-color", "-lock=false")
	running <- run
	if r := run.Wait(); r.Code == 0 {
		t.Fatalf("nothing was killed:\n%s", r.Output)
	}
}

// The account of an open onboarding is confirmed also where the run that does so ends after the offer was written.
func TestOnboardings_confirmBreaksOff(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	for _, kind := range []string{"fleet", "single"} {
		for how, ends := range map[string]func(t *testing.T, w world, tf *lab.Terraform){
			"run killed":      func(t *testing.T, w world, tf *lab.Terraform) { t.Helper(); w.killAll(t, tf, "PutObject") },
			"provider killed": func(t *testing.T, w world, tf *lab.Terraform) { t.Helper(); w.crash(t, tf, "PutObject", 0) },
			"template denied": func(t *testing.T, w world, tf *lab.Terraform) { t.Helper(); w.denied(t, tf, "PutObject", 0) },
		} {
			t.Run(kind+" "+how, func(t *testing.T) {
				t.Parallel()
				customer := l.NewAccount(t)
				w := deploy(t, lab.HubOptions{Anyone: true})
				config := func(account string) map[string]string {
					if kind == "fleet" {
						return map[string]string{"main.tf": w.fleet("", `globex = { `+account+` }`)}
					}
					return map[string]string{"main.tf": w.oneWithLinks(globexWith(account, `role = { name = "AcmeAccess", managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"] }`))}
				}
				tf := l.Terraform(t, w.partner, config(""))
				tf.Init()
				tf.Apply()
				w.launchOf(t, tf, customer, "globex")
				tf.Apply()
				before := w.externalIDs(t, "globex")
				tf.Write(config(fmt.Sprintf("account_id = %q", customer.ID)))
				ends(t, w, tf)
				if r := tf.Run("apply", "-auto-approve", "-no-color", "-lock=false"); r.Code != 0 {
					t.Errorf("code %d:\n%s", r.Code, r.Output)
				}
				if after := w.externalIDs(t, "globex"); !maps.Equal(after, before) || w.offer(t, "globex").AccountID != customer.ID {
					t.Errorf("External IDs were %v and are %v, of account %q", before, after, w.offer(t, "globex").AccountID)
				}
			})
		}
	}
}
