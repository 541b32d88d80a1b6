package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/lab/crowd"
	xonboarding "github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

const lostCustomers = 100

// lost is a partner with a hundred customers whose Terraform state is gone: most are proven, one is in the middle of a
// rotation, and of one somebody deleted the template.
func lost(t *testing.T, w world) (files map[string]string, tampered string) {
	t.Helper()
	h := crowd.Hub(w.hub)
	s := crowd.Service(w.partner, h)
	inputs := func(i int) xonboarding.Inputs {
		in := crowd.Inputs(h, i)
		if i == 3 {
			in.Rotation = "2026-Q3"
		}
		return in
	}
	invited, err := crowd.Invite(t.Context(), s, 0, lostCustomers, inputs)
	if err != nil {
		t.Fatal(err)
	}
	if err := crowd.Verify(t.Context(), s, invited[:lostCustomers-10]); err != nil {
		t.Fatal(err)
	}
	in := inputs(3)
	in.Rotation = "2026-Q4"
	if _, err := s.Update(t.Context(), in, invited[3].Identity, invited[3].Publication.Key, invited[3].Ownership); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s3().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &w.hub.Bucket, Key: &invited[5].Publication.Key}); err != nil {
		t.Fatal(err)
	}
	customers := map[string]map[string]string{}
	for i := range lostCustomers {
		customers[crowd.Name(i)] = map[string]string{"account_id": crowd.AccountID(i)}
	}
	raw, err := json.Marshal(map[string]any{"customers": customers})
	if err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile(filepath.Join("..", "..", "examples", "recovery", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(main), "  role = {", "  rotation = each.key == \""+crowd.Name(3)+"\" ? \"2026-Q4\" : null\n\n  role = {", 1)
	return map[string]string{"main.tf": text + showKept, "customers.auto.tfvars.json": string(raw)}, crowd.Name(5)
}

const showKept = `
output "ids" {
  value = { for name, c in xrole_onboarding.customer : name => [c.external_id, c.previous_external_id, c.status, c.role_arn] }
}
`

// drawn is what the registry says of all customers.
func (w world) drawn(t *testing.T) map[string]any {
	t.Helper()
	all, err := w.store(t).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	for name, rec := range all {
		d := rec.Current()
		if d == nil {
			d = &registry.Delivery{Status: registry.Pending}
		}
		out[name] = []any{rec.Offer.ExternalID, orNil(rec.Offer.PreviousExternalID), string(d.Status), orNil(d.RoleARN)}
	}
	return out
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// writes are the requests since then that changed something.
func (w world) writes(since time.Time) map[string]int {
	n := map[string]int{}
	for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID, Since: since}) {
		switch r.Operation {
		case "PutObject", "DeleteObject", "DeleteObjects", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem":
			n[r.Operation]++
		}
	}
	return n
}

// A state that is gone comes back by import, with one write: of the template that somebody deleted.
func TestRecovery_import(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := deploy(t, lab.HubOptions{Anyone: true}) // whose accounts need not exist
	files, tampered := lost(t, w)
	before := w.drawn(t)
	tf := l.Terraform(t, w.partner, files)
	tf.Init()
	since := time.Now()
	r := tf.Run("apply", "-auto-approve", "-no-color")
	if r.Code != 0 || !strings.Contains(r.Output, fmt.Sprintf("Resources: %d imported, 0 added, 1 changed, 0 destroyed.", lostCustomers)) {
		t.Fatalf("the import:\n%s", tail(r.Output))
	}
	if got := w.writes(since); got["PutObject"] != 1 || got["TransactWriteItems"] > 1 || len(got) > 2 {
		t.Errorf("taking in %d customers, of whom one lacks its template, wrote %v", lostCustomers, got)
	}
	if diff := cmp.Diff(before, w.drawn(t)); diff != "" {
		t.Errorf("the registry changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before, tf.Outputs()["ids"]); diff != "" {
		t.Errorf("the state has not what was before (-before +state):\n%s", diff)
	}
	if keys := w.templates(t); len(keys) != lostCustomers+1 || !strings.Contains(strings.Join(keys, " "), tampered) {
		t.Errorf("%d templates", len(keys)) // one more of the rotation
	}
	since = time.Now()
	wantNoChange(t, tf)
	if got := w.writes(since); len(got) != 0 {
		t.Errorf("the plan after it wrote %v", got)
	}
}

// Without an import, the same configuration takes all of them over, if it says so: nobody gets a new External ID.
func TestRecovery_adopt(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := deploy(t, lab.HubOptions{Anyone: true}) // whose accounts need not exist
	files, _ := lost(t, w)
	before := w.drawn(t)
	main, _, _ := strings.Cut(files["main.tf"], "# Remove it when")
	files["main.tf"] = main + showKept
	refused := l.Terraform(t, w.partner, files)
	refused.Init()
	if r := refused.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, "adopt = true") || !strings.Contains(r.Output, "terraform import") {
		t.Fatalf("what exists was taken without a word:\n%s", tail(r.Output))
	}
	files["main.tf"] = strings.Replace(files["main.tf"], "  role = {", "  adopt = true\n\n  role = {", 1)
	tf := l.Terraform(t, w.partner, files)
	tf.Init()
	tf.Apply()
	tf.Apply() // takes in what the registry says of roles
	if diff := cmp.Diff(before, w.drawn(t)); diff != "" {
		t.Errorf("the registry changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before, tf.Outputs()["ids"]); diff != "" {
		t.Errorf("the state has not what was before (-before +state):\n%s", diff)
	}
	wantNoChange(t, tf)
}

// An old backup of the state knows less than the registry: the registry counts.
func TestRecovery_oldState(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := deploy(t, lab.HubOptions{Anyone: true}) // whose accounts need not exist
	config := func(rotation, tag string) map[string]string {
		return map[string]string{"main.tf": requireXrole + w.config(globex("222222222222", `rotation = "`+rotation+`"`, `tags = { t = "`+tag+`" }`))}
	}
	tf := l.Terraform(t, w.partner, config("a", "1"))
	tf.Init()
	tf.Apply()
	backup, err := os.ReadFile(filepath.Join(tf.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	tf.Write(config("b", "2"))
	tf.Apply()
	now := w.offer(t, "globex")
	old := l.Terraform(t, w.partner, config("b", "2"))
	old.Init()
	old.Write(map[string]string{"terraform.tfstate": string(backup)})
	old.Apply()
	wantNoChange(t, old)
	if after := w.offer(t, "globex"); after.ExternalID != now.ExternalID || after.PreviousExternalID != now.PreviousExternalID {
		t.Errorf("External IDs were %q and %q, and are %q and %q", now.ExternalID, now.PreviousExternalID, after.ExternalID, after.PreviousExternalID)
	}
}

// A registry that was emptied is written again from the state, with the External IDs that the customers' roles ask for.
// What came back is lost with it; a role whose ARN the configuration names is proven again.
func TestRecovery_emptyTable(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID))+linkOutput)
	launched(t, tf, customer)
	tf.Apply()
	before := w.offer(t, "globex")
	w.emptyTable(t)
	if r := tf.Run("destroy", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(r.Output, "Refusing to destroy a live onboarding") {
		t.Errorf("with the registry the guard is gone:\n%s", tail(r.Output))
	}
	role := `existing_role_arn = "arn:aws:iam::` + customer.ID + `:role/AcmeAccess"`
	id := `external_id = "` + before.ExternalID + `"`
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(globex(customer.ID, role, id)) + linkOutput + `
output "status" { value = xrole_onboarding.globex.status }
`})
	tf.Apply()
	if after := w.offer(t, "globex"); after == nil || after.ExternalID != before.ExternalID || after.OfferID != before.OfferID {
		t.Errorf("the offer was %+v and is %+v", before, after)
	}
	if got := tf.Outputs()["status"]; got != "verified" {
		t.Errorf("the role that stands is %v", got)
	}
	wantNoChange(t, tf)
}

func (w world) emptyTable(t *testing.T) {
	t.Helper()
	client := w.clients().DynamoDB(w.hub.Region)
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &w.hub.Table})
	if err != nil || len(out.Items) < 3 {
		t.Fatalf("%d items, %v", len(out.Items), err)
	}
	for _, item := range out.Items {
		if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &w.hub.Table, Key: map[string]types.AttributeValue{"pk": item["pk"]}}); err != nil {
			t.Fatal(err)
		}
	}
}

// tail is the end of what Terraform says before the outputs.
func tail(s string) string {
	short, _, _ := strings.Cut(s, "Outputs:")
	return short[max(0, len(short)-4000):]
}
