package provider_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/provider"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// kept is an onboarding as Terraform keeps it.
type kept struct {
	managed
	config fields
	// known is what this version of Terraform has kept of the identity.
	known *tfprotov6.ResourceIdentityData
}

const one = "xrole_onboarding"

// made makes an onboarding by one process of the provider.
func (w world) made(t *testing.T, config fields) kept {
	t.Helper()
	m := managed{kind: one}
	if _, err := w.apply(t, &m, config); err != nil {
		t.Fatal(err)
	}
	return kept{managed: m, config: config}
}

// answers are what a process of the provider says of an onboarding.
type answers struct {
	said

	Identity *tfprotov6.DynamicValue
	// asItWas are the answers that are the very value which was given.
	asItWas []string
}

// refreshed reads an onboarding as one of many, and plans it with a configuration.
func (w world) refreshed(t *testing.T, inner tfprotov6.ProviderServer, defaults fields, k kept, config fields) (a answers) {
	t.Helper()
	s := asked(t, inner)
	s.configure(t, with(fields{"region": w.hub.Region, "profile": w.partner.Profile}, defaults))
	// The first one is always read by itself.
	first := whole(t, s.kind(one), with(read(t, k.state, s.kind(one)), fields{"name": "first"}))
	if _, err := s.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: one, CurrentState: first, Private: k.private}); err != nil {
		t.Fatal(err)
	}
	found, planned := s.refresh(t, &tfprotov6.ReadResourceRequest{TypeName: one, CurrentState: k.state, Private: k.private, CurrentIdentity: k.known}, config)
	if found.NewIdentity != nil {
		a.Identity = found.NewIdentity.IdentityData
	}
	if found.NewState == k.state {
		a.asItWas = append(a.asItWas, "read")
	}
	if planned.PlannedState == found.NewState {
		a.asItWas = append(a.asItWas, "plan")
	}
	a.said = s.said(t, one, found, planned)
	return a
}

// said is what a read and the plan after it say.
type said struct {
	Read, Planned         fields
	ReadKept, PlannedKept string
	Said                  string
}

func (s server) said(t *testing.T, kind string, found *tfprotov6.ReadResourceResponse, planned *tfprotov6.PlanResourceChangeResponse) said {
	t.Helper()
	return said{
		Read: read(t, found.NewState, s.kind(kind)), ReadKept: string(found.Private),
		Planned: read(t, planned.PlannedState, s.kind(kind)), PlannedKept: string(planned.PlannedPrivate),
		Said: messages(found.Diagnostics) + messages(planned.Diagnostics),
	}
}

// refresh reads a resource, and plans it with a configuration as Terraform would.
func (s server) refresh(t *testing.T, req *tfprotov6.ReadResourceRequest, config fields) (*tfprotov6.ReadResourceResponse, *tfprotov6.PlanResourceChangeResponse) {
	t.Helper()
	found, err := s.ReadResource(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	kind := s.kind(req.TypeName)
	proposed := s.propose(req.TypeName, config, read(t, found.NewState, kind))
	planned, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: req.TypeName, PriorState: found.NewState, ProposedNewState: whole(t, kind, proposed), Config: whole(t, kind, config), PriorPrivate: found.Private,
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, planned
}

// Whatever has happened to an onboarding, the shortcut says what the framework says, and it is taken where nothing has.
func TestShortcut_saysTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Shared(t).NewAccount(t))
	role := fields{"name": "AcmeAccess", "managed_policy_arns": []string{"arn:aws:iam::aws:policy/SecurityAudit"}}
	config := fields{
		"name": "globex", "hub": w.hubFields(), "account_id": "222222222222", "role": with(role, fields{"allow_session_tags": true}), "service_timeout_seconds": 900, "force_destroy": true,
		"tags": fields{"team": "blue"}, "template_mode": "parameters", "rotation": "a",
	}
	quietly := []string{"read", "plan"}
	for name, row := range map[string]struct {
		happens  func(t *testing.T, w world, name string, k *kept)
		change   fields
		defaults fields
		asItWas  []string
	}{
		"nothing":                            {nil, nil, nil, quietly},
		"nothing, rendered by another":       {anotherRendering, nil, nil, quietly},
		"the role was proven":                {proven, nil, nil, []string{"plan"}},
		"the template was written over":      {templateOver, nil, nil, nil},
		"the template is gone":               {templateGone, nil, nil, nil},
		"the offer is gone":                  {offerGone, nil, nil, nil},
		"the offer is of another":            {offerTaken, nil, nil, nil},
		"a revision of a run that was ended": {offerOwn, nil, nil, nil},
		"a rotation of a run that was ended": {rotatedInPart, fields{"rotation": "b"}, nil, nil},
		"an argument is taken out":           {nil, fields{"service_timeout_seconds": nil}, nil, []string{"read"}},
		"a flag is taken out":                {nil, fields{"force_destroy": nil}, nil, []string{"read"}},
		"a word is taken out":                {nil, fields{"template_mode": nil}, nil, []string{"read"}},
		"a flag of the role is taken out":    {nil, fields{"role": role}, nil, []string{"read"}},
		"an argument is put in":              {nil, fields{"template_retention_days": 5}, nil, []string{"read"}},
		"a tag for all":                      {nil, nil, fields{"default_tags": fields{"a": "b"}}, []string{"read"}},
		"a rotation":                         {nil, fields{"rotation": "b"}, nil, []string{"read"}},
		"an account of its own":              {nil, fields{"account_id": w.partner.ID}, nil, []string{"read"}},
		"an identity":                        {identified, nil, nil, quietly},
		"an identity without data":           {func(_ *testing.T, _ world, _ string, k *kept) { k.known = &tfprotov6.ResourceIdentityData{} }, nil, nil, quietly},
		"the identity of another":            {misidentified, nil, nil, []string{"plan"}},
		"a private state that was lost": {func(_ *testing.T, _ world, _ string, k *kept) {
			k.private = fmt.Appendf(nil, `{"offer":%q}`, base64.StdEncoding.EncodeToString([]byte(`{"owner":"me"}`)))
		}, nil, nil, []string{"plan"}}, // else each says another owner
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := strings.ReplaceAll(name, " ", "-")
			own = strings.ReplaceAll(own, ",", "")
			k := w.made(t, with(config, fields{"name": own}))
			if row.happens != nil {
				row.happens(t, w, own, &k)
			}
			changed := with(k.config, row.change)
			short := w.refreshed(t, provider.NewServer("test")(), row.defaults, k, changed)
			long := w.refreshed(t, provider.NewServerWithoutShortcut("test")(), row.defaults, k, changed)
			if len(long.asItWas) != 0 {
				t.Fatalf("the framework gave back the very value: %v", long.asItWas)
			}
			if diff := cmp.Diff(row.asItWas, short.asItWas); diff != "" {
				t.Errorf("the shortcut was taken (-want +got):\n%s", diff)
			}
			short.asItWas = nil
			if diff := cmp.Diff(long, short, cmp.AllowUnexported(answers{}, said{})); diff != "" {
				t.Errorf("the framework says, and the shortcut (-framework +shortcut):\n%s", diff)
			}
		})
	}
}

func identified(_ *testing.T, _ world, _ string, k *kept) { k.known = k.identity }

func misidentified(t *testing.T, w world, name string, k *kept) {
	t.Helper()
	k.known = w.made(t, with(k.config, fields{"name": name + "-other"})).identity
}

func anotherRendering(t *testing.T, _ world, _ string, k *kept) {
	t.Helper()
	var all map[string][]byte
	if err := json.Unmarshal(k.private, &all); err != nil {
		t.Fatal(err)
	}
	was := all["offer"]
	all["offer"] = bytes.Replace(was, []byte(`"rendering":1`), []byte(`"rendering":7`), 1)
	if bytes.Equal(was, all["offer"]) {
		t.Fatalf("the private state is %s", was)
	}
	var err error
	if k.private, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
}

func proven(t *testing.T, w world, name string, _ *kept) {
	t.Helper()
	rec, err := w.store(t).Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	d := rec.Draft()
	d.Status, d.RoleARN, d.TemplateVersion = registry.Verified, "arn:aws:iam::222222222222:role/AcmeAccess", rec.Offer.TemplateVersion
	if err := w.store(t).PutDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func templateOver(t *testing.T, w world, name string, _ *kept) {
	t.Helper()
	key := w.offer(t, name).TemplateKey
	if _, err := w.s3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &w.hub.Bucket, Key: &key, Body: strings.NewReader("Resources: {}")}); err != nil {
		t.Fatal(err)
	}
}

func templateGone(t *testing.T, w world, name string, _ *kept) {
	t.Helper()
	key := w.offer(t, name).TemplateKey
	if _, err := w.s3().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &w.hub.Bucket, Key: &key}); err != nil {
		t.Fatal(err)
	}
}

func offerGone(t *testing.T, w world, name string, _ *kept) {
	t.Helper()
	o := w.offer(t, name)
	if err := w.store(t).DeleteOffer(t.Context(), name, o.Revision, o.OfferID); err != nil {
		t.Fatal(err)
	}
}

func offerTaken(t *testing.T, w world, name string, _ *kept) {
	t.Helper()
	w.revise(t, name, "somebody:7")
}

// rotatedInPart is a rotation whose offer was written, and whose template was not.
func rotatedInPart(t *testing.T, w world, _ string, k *kept) {
	t.Helper()
	disarm := w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "PutObject", Path: "/" + fmt.Sprint(k.config["name"]) + "/", Kind: lab.Status{Code: 403, ErrorCode: "AccessDenied"}})
	defer disarm()
	s := w.server(t)
	rotated := with(k.config, fields{"rotation": "b"})
	wanted := whole(t, s.kind(one), rotated)
	planned, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: one, PriorState: k.state, ProposedNewState: whole(t, s.kind(one), s.propose(one, rotated, read(t, k.state, s.kind(one)))), Config: wanted, PriorPrivate: k.private,
	})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, planned.Diagnostics)
	applied, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: one, PriorState: k.state, PlannedState: planned.PlannedState, PlannedPrivate: planned.PlannedPrivate, Config: wanted,
	})
	if err != nil || !failed(applied.Diagnostics) {
		t.Fatalf("the rotation was done: %v", err)
	}
}

func offerOwn(t *testing.T, w world, name string, _ *kept) {
	t.Helper()
	owner, _, _ := strings.Cut(w.offer(t, name).Revision, ":")
	w.revise(t, name, owner+":7")
}

// revise writes an offer again, with another digest, as another run would.
func (w world) revise(t *testing.T, name, revision string) {
	t.Helper()
	offer := *w.offer(t, name)
	seen := offer.Revision
	offer.Revision, offer.InputsDigest = revision, strings.Repeat("0", 64)
	if err := w.store(t).UpdateOffer(t.Context(), offer, seen); err != nil {
		t.Fatal(err)
	}
}
