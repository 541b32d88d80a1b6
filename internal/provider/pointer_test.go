package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// What is wrong below an argument is shown on the argument's own line.
func TestPointer(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config("")})
	tf.Init()
	for name, row := range map[string]struct{ body, line string }{
		"role.name":           {strings.Replace(globex(customer.ID), `"AcmeAccess"`, `"Acme Access!"`, 1), `role = {`},
		"role.managed_policy": {strings.Replace(globex(customer.ID), `arn:aws:iam::aws:policy/SecurityAudit`, `SecurityAudit`, 1), `role = {`},
		"wait.timeout":        {"data \"xrole_role\" \"r\" {\n  hub  = local.hub\n  name = \"globex\"\n  wait = {\n    status  = \"verified\"\n    timeout = \"soon\"\n  }\n}", `wait = {`},
		"a customer's role": {
			"resource \"xrole_onboardings\" \"all\" {\n  hub  = local.hub\n  customers = {\n    globex = {\n      account_id = \"" + customer.ID + "\"\n      role       = { name = \"Acme Access!\" }\n    }\n  }\n}", `globex = {`,
		},
	} {
		tf.Write(map[string]string{"main.tf": requireXrole + w.config(row.body)})
		r := tf.Run("plan")
		shown := regexp.MustCompile(`(?m)^[│ ]*\d+: (.*)$`).FindStringSubmatch(r.Output)
		if r.Code != 1 || shown == nil || strings.TrimSpace(shown[1]) != row.line {
			t.Errorf("%s is shown at %q, want %q:\n%s", name, shown, row.line, r.Output)
		}
	}
}
