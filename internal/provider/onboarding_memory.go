package provider

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// memory is what the state keeps beside its attributes: whose the offer is, and which template the customer's stack
// runs, from which a plan tells whether it will be outdated.
type memory struct {
	onboarding.Ownership
	DeliveredVersion string `json:"delivered_version,omitempty"`
	// Unproven is set while a rotation is under way and the live role is known to accept the former External ID only.
	Unproven bool `json:"unproven,omitempty"`
	// Foreign is set while another state holds the offer.
	Foreign bool `json:"foreign,omitempty"`
	// Rendering is the onboarding.Rendering that made template and link; zero if they are not what the inputs give.
	Rendering int `json:"rendering,omitempty"`
}

const memoryKey = "offer"

// getKey reads one thing that is kept beside a state.
type getKey = func(ctx context.Context, key string) ([]byte, diag.Diagnostics)

func (m *memory) note(rec registry.Record) {
	m.DeliveredVersion, m.Unproven = "", onboarding.Unproven(rec)
	if d := rec.Current(); d != nil {
		m.DeliveredVersion = d.TemplateVersion
	}
}

// encode is for what is kept beside a state.
func encode[M memory | hubMemory](m M) []byte {
	raw, err := json.Marshal(m)
	if err != nil {
		return []byte("{}") // strings always encode
	}
	return raw
}

// recall decodes what is kept beside a state; where nothing is kept, into stays as it is.
func recall[M memory | hubMemory](ctx context.Context, get getKey, key string, into *M, diags *diag.Diagnostics) error {
	raw, more := get(ctx, key)
	diags.Append(more...)
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, into)
}

func remembered(ctx context.Context, get getKey, diags *diag.Diagnostics) memory {
	var m memory
	if err := recall(ctx, get, memoryKey, &m, diags); err != nil {
		diags.AddError("Unable to read the private state", "The state of this onboarding was damaged. Remove it from the state and import it again.\n\nError: "+err.Error())
	}
	return m
}
