package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// verify plans and invokes the action, and returns what it said on the way and at the end.
func (s server) verify(t *testing.T, hub fields, name string) ([]string, []*tfprotov6.Diagnostic) {
	t.Helper()
	actor, ok := s.ProviderServer.(tfprotov6.ActionServer)
	if !ok {
		t.Fatal("the server has no actions")
	}
	config := value(t, fields{"hub": hub, "name": name})
	valid, err := actor.ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: "xrole_verify", Config: config})
	if err != nil {
		t.Fatal(err)
	}
	if len(valid.Diagnostics) > 0 {
		return nil, valid.Diagnostics
	}
	planned, err := actor.PlanAction(t.Context(), &tfprotov6.PlanActionRequest{ActionType: "xrole_verify", Config: config})
	if err != nil {
		t.Fatal(err)
	}
	noErrors(t, planned.Diagnostics)
	stream, err := actor.InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{ActionType: "xrole_verify", Config: config})
	if err != nil {
		t.Fatal(err)
	}
	var progress []string
	var diags []*tfprotov6.Diagnostic
	for event := range stream.Events {
		switch e := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, e.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			diags = append(diags, e.Diagnostics...)
		}
	}
	return progress, diags
}

func (w world) verifyHub() fields {
	return with(w.registryHub(), fields{"receiver_function_arn": w.hub.ReceiverFunctionARN})
}

func (w world) verifiedAt(t *testing.T, name string) time.Time {
	t.Helper()
	rec, err := w.store(t).Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Draft().VerifiedAt
}

// The receiver proves the role again, and what it finds is in the registry and in the message.
func TestVerifyAction(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	tf := w.applied(t, requireXrole+w.config(globex(customer.ID))+linkOutput)
	s := w.server(t)
	_, diags := s.verify(t, w.verifyHub(), "globex")
	says(t, diags, "No role to verify", "no stack has reported a role")

	launched(t, tf, customer)
	before := w.verifiedAt(t, "globex")
	progress, diags := s.verify(t, w.verifyHub(), "globex")
	if len(diags) > 0 {
		t.Error(messages(diags))
	}
	if len(progress) < 2 || !strings.Contains(progress[len(progress)-1], `"verified"`) {
		t.Errorf("on the way it said %q", progress)
	}
	if after := w.verifiedAt(t, "globex"); !after.After(before) {
		t.Error("the proof was not recorded")
	}

	roles, name := iam.NewFromConfig(customer.Config("us-east-1")), "AcmeAccess"
	nobody := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
	must(t)(roles.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &nobody}))
	_, diags = s.verify(t, w.verifyHub(), "globex")
	says(t, diags, "Role cannot be assumed any more", "role/AcmeAccess")
}

func TestVerifyAction_refused(t *testing.T) {
	t.Parallel()
	w, s, _ := onboarded(t)
	own := registry.Delivery{Name: "globex", OfferID: w.offer(t, "globex").OfferID, Status: registry.Delivered, Reason: "the role is not there"}
	if err := w.store(t).PutDelivery(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	_, diags := s.verify(t, w.verifyHub(), "globex")
	says(t, diags, "Role failed to be verified again", "globex", "delivered: the role is not there")
	_, diags = s.verify(t, w.verifyHub(), "nobody")
	says(t, diags, "Onboarding to verify not found", `"nobody"`)
	_, diags = s.verify(t, with(w.verifyHub(), fields{"table": "gone"}), "globex")
	says(t, diags, "Unable to read the onboarding to verify")
	_, diags = s.verify(t, with(w.verifyHub(), fields{"receiver_function_arn": w.hub.ReceiverFunctionARN + "-gone"}), "globex")
	says(t, diags, "Unable to have the role proven")
	_, diags = s.verify(t, w.verifyHub(), "not a name")
	says(t, diags, "name")
}

// Who may only read can list the registry and have roles proven.
func TestNewerTerraform_asReader(t *testing.T) {
	t.Parallel()
	w, _, _ := onboarded(t)
	policy, err := os.ReadFile(filepath.Join("..", "..", "permissions", "reader.json"))
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("${partition}", "aws", "${account_id}", w.partner.ID, "${hub}", "acme", "${region}", "us-east-1").Replace(string(policy))
	reader := w.partner.Principal(t, "reader", filled)
	s := newServer(t, fields{"region": "us-east-1", "profile": reader.Profile})
	for _, r := range s.list(t, fields{"hub": w.registryHub()}, 100, true) {
		noErrors(t, r.Diagnostics)
		if r.DisplayName != "globex (pending)" {
			t.Errorf("it lists %q", r.DisplayName)
		}
	}
	_, diags := s.verify(t, w.verifyHub(), "globex")
	says(t, diags, "No role to verify")
}
