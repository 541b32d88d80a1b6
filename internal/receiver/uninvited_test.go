package receiver_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// Whoever may publish to the topic can name any onboarding, account and role, but not the version of a template that it was
// never given. Such a message is answered as one about an onboarding that does not exist, and leaves nothing behind: nobody
// is told the External ID, no status changes, and no stack passes as the one behind a role that was taken over.
func TestHandler_uninvited(t *testing.T) {
	t.Parallel()
	sink := "arn:aws:iam::" + strangerID + ":role/sink"
	strangers := strings.Replace(stackA, customerID, strangerID, 1)
	for name, row := range map[string]struct {
		account, stack, role string
		existing             bool
	}{
		"open to anyone, the stranger's role":    {"", strangers, sink, false},
		"open to anyone, another's role":         {"", stackA, good, false},
		"the customer's account, its role":       {customerID, stackA, good, false},
		"the customer's account, no role":        {customerID, stackA, "arn:aws:iam::" + customerID + ":role/none", false},
		"another account":                        {customerID, strangers, sink, false},
		"the role to take over":                  {customerID, stackA, good, true},
		"the role to take over, open to anyone":  {"", stackA, good, true},
		"the role to take over, another account": {customerID, strangers, good, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, row.account)
			s.roles[sink] = passed(sink)
			if row.existing {
				s.takeOver(good)
			}
			checks, before := s.checks, s.record()
			guess := func(name string) request {
				return request{"properties": request{"OnboardingName": name, "RoleArn": row.role, "TemplateVersion": "0123456789abcdef"}}
			}
			for kind, want := range map[string]callback.Status{"Create": callback.Failed, "Update": callback.Success, "Delete": callback.Success} {
				told, nobody := s.send(kind, row.stack, guess(s.name)), s.send(kind, row.stack, guess("nobody"))
				told.PhysicalResourceID, nobody.PhysicalResourceID = "", ""
				if told.Status != want || told != nobody {
					t.Errorf("%s is answered %+v, and of an onboarding that does not exist %+v", kind, told, nobody)
				}
			}
			if s.checks != checks {
				t.Error("a role was probed")
			}
			if after := s.record(); after != before {
				t.Errorf("the registry holds %s", after)
			}
		})
	}
}

// A stack that was known before may bring whatever version it runs.
func TestHandler_knownStack(t *testing.T) {
	t.Parallel()
	s := newStage(t, customerID)
	delete(s.roles, good)
	s.wants("a claim", s.send("Create", stackA, nil), callback.Success, registry.Delivered)
	s.roles[good] = passed(good)
	s.wants("its rollback", s.send("Update", stackA, request{"properties": request{"TemplateVersion": "forgotten"}}), callback.Success, registry.Verified)
	s.wants("the owner's", s.send("Update", stackA, request{"properties": request{"TemplateVersion": "forgotten-too"}}), callback.Success, registry.Verified)
	if v := s.delivery().TemplateVersion; v != "forgotten-too" {
		t.Errorf("the stack runs %s", v)
	}
}

// takeOver offers to take over a role that stands, and proves it.
func (s *stage) takeOver(role string) {
	s.Helper()
	offer := s.offer
	offer.ExistingRoleARN, offer.Revision = role, "o:2"
	if err := s.registry.UpdateOffer(s.Context(), offer, s.offer.Revision); err != nil {
		s.Fatal(err)
	}
	if _, err := s.Handle(s.Context(), json.RawMessage(`{"verify":{"name":"`+s.name+`"}}`)); err != nil {
		s.Fatal(err)
	}
}

// record is what the registry holds of the onboarding's delivery, to be compared.
func (s *stage) record() string {
	s.Helper()
	rec, err := s.registry.Get(s.Context(), s.name)
	if err != nil {
		s.Fatal(err)
	}
	raw, err := json.Marshal(rec.Delivery)
	if err != nil {
		s.Fatal(err)
	}
	return string(raw)
}
