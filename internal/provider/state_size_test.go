package provider_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// Terraform writes the whole state again with each resource that it applies: what it keeps of an onboarding is a cost.
func TestOnboardingResource_stateSize(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID)))
	raw, err := os.ReadFile(filepath.Join(tf.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Resources []struct{ Instances []json.RawMessage }
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, state.Resources[0].Instances[0]); err != nil {
		t.Fatal(err)
	}
	if got := compact.Len(); got > 2600 {
		t.Errorf("an onboarding takes %d bytes of state, without the spaces that Terraform indents it with", got)
	}
	if len(raw) > 4400 {
		t.Errorf("a state of one onboarding has %d bytes", len(raw))
	}
}
