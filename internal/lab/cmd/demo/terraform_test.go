package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is kept of a plan is whole: each brace that opens closes.
func TestChangedLines(t *testing.T) {
	t.Parallel()
	const plan = `
Note: Objects have changed outside of Terraform

  # xrole_onboarding.customer["globex"] has changed
  ~ resource "xrole_onboarding" "customer" {
        name   = "globex"
      ~ status = "pending" -> "verified"
        # (3 unchanged attributes hidden)
    }

Changes to Outputs:
  ~ page  = (sensitive value)
  ~ roles = {
      ~ globex   = {
          ~ role_arn = null -> "arn"
          ~ status   = "pending" -> "verified"
        }
        # (2 unchanged attributes hidden)
    }
`
	want := `  # xrole_onboarding.customer["globex"] has changed
      ~ status = "pending" -> "verified"
  ~ page  = (sensitive value)
  ~ roles = {
      ~ globex   = {
          ~ role_arn = null -> "arn"
          ~ status   = "pending" -> "verified"
        }
    }`
	if diff := cmp.Diff(want, changedLines(plan)); diff != "" {
		t.Error(diff)
	}
}
