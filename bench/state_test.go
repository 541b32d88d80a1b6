package bench_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/lab/crowd"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
)

// seed makes customers from one until below n whose roles were proven, through the code that the provider runs, and
// puts them beside customer zero, which Terraform has applied, into the state.
func (b *bench) seed(hub onboarding.Hub, n int) {
	b.Helper()
	s := crowd.Service(b.partner, hub)
	invited, err := crowd.Invite(b.Context(), s, 1, n, func(i int) onboarding.Inputs { return crowd.Inputs(hub, i) })
	if err != nil {
		b.Fatal(err)
	}
	if err := crowd.Verify(b.Context(), s, invited); err != nil {
		b.Fatal(err)
	}
	state := b.readState()
	first := state.Resources[0].Instances[0]
	all, err := s.Registry.List(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, on := range invited {
		on.Record = all[on.Record.Offer.Name]
		state.Resources[0].Instances = append(state.Resources[0].Instances, b.instance(first, on))
	}
	raw, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		b.Fatal(err)
	}
	b.write(map[string]string{"terraform.tfstate": string(raw)})
}

// stateFile is as much of Terraform's state as is needed to write it again.
type stateFile struct {
	Version          int    `json:"version"`
	TerraformVersion string `json:"terraform_version"`
	Serial           int    `json:"serial"`
	Lineage          string `json:"lineage"`
	Resources        []struct {
		Mode      string     `json:"mode"`
		Type      string     `json:"type"`
		Name      string     `json:"name"`
		Provider  string     `json:"provider"`
		Instances []instance `json:"instances"`
	} `json:"resources"`
}

type instance struct {
	IndexKey      string         `json:"index_key"`
	SchemaVersion int            `json:"schema_version"`
	Attributes    map[string]any `json:"attributes"`
	Private       string         `json:"private"`
	// Identity is written by a newer Terraform.
	IdentitySchemaVersion int            `json:"identity_schema_version,omitempty"`
	Identity              map[string]any `json:"identity,omitempty"`
}

// instance is what Terraform would have in its state of an onboarding.
func (b *bench) instance(like instance, on *onboarding.Onboarding) instance {
	b.Helper()
	offer, delivery := on.Record.Offer, on.Record.Delivery
	like.Attributes = maps.Clone(like.Attributes)
	maps.Copy(like.Attributes, map[string]any{
		"name": offer.Name, "account_id": offer.AccountID, "external_id": offer.ExternalID,
		"template_url": on.Publication.TemplateURL, "template_sha256": offer.TemplateSHA256, "launch_url": on.Publication.LaunchURL,
		"status": delivery.Status, "role_arn": delivery.RoleARN, "stack_id": delivery.StackID,
		"verified_at": delivery.VerifiedAt.UTC().Format(time.RFC3339),
	})
	if like.Identity != nil {
		like.Identity = maps.Clone(like.Identity)
		like.Identity["name"] = offer.Name
	}
	memory := b.memory(like.Private)
	maps.Copy(memory, map[string]any{
		"owner": on.Ownership.Owner, "revision": on.Ownership.Revision, "digest": on.Ownership.Digest, "offer_id": on.Ownership.OfferID,
		"others": on.Ownership.Others, "versions": on.Ownership.Versions, "delivered_version": offer.TemplateVersion,
	})
	raw, err := json.Marshal(memory)
	if err != nil {
		b.Fatal(err)
	}
	private, err := json.Marshal(map[string][]byte{"offer": raw})
	if err != nil {
		b.Fatal(err)
	}
	like.IndexKey, like.Private = offer.Name, base64.StdEncoding.EncodeToString(private)
	return like
}

// memory is what an instance keeps beside its attributes.
func (b *bench) memory(private string) (memory map[string]any) {
	b.Helper()
	raw, err := base64.StdEncoding.DecodeString(private)
	if err != nil {
		b.Fatal(err)
	}
	var kept map[string][]byte
	if err := json.Unmarshal(raw, &kept); err != nil {
		b.Fatal(err)
	}
	if err := json.Unmarshal(kept["offer"], &memory); err != nil {
		b.Fatal(err)
	}
	return memory
}

func (b *bench) readState() stateFile {
	b.Helper()
	raw, err := os.ReadFile(filepath.Join(b.dir, "terraform.tfstate"))
	if err != nil {
		b.Fatal(err)
	}
	var state stateFile
	if err := json.Unmarshal(raw, &state); err != nil {
		b.Fatal(err)
	}
	return state
}

// stateSize is how many bytes the state file has, each customer's share being next to all of it.
func (b *bench) stateSize() int64 {
	b.Helper()
	info, err := os.Stat(filepath.Join(b.dir, "terraform.tfstate"))
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
