package registry_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func claim(stack string) registry.Claim {
	return registry.Claim{
		StackID: stack, LogicalResourceID: "Callback", RoleARN: "arn:aws:iam::222222222222:role/Acme-" + stack,
		AccountID: "222222222222", Region: "eu-west-1", TemplateVersion: "1-aaaa", Reason: "not provable yet", At: noon,
	}
}

func fresh() registry.Delivery {
	return registry.Record{Offer: &registry.Offer{Name: "globex", OfferID: "g1", ExternalID: "id-1"}}.Draft()
}

func proven(stack string) registry.Delivery {
	d := fresh()
	d.Prove(claim(stack), "id-1", noon)
	return d
}

func TestDelivery_life(t *testing.T) {
	t.Parallel()
	d := fresh()
	step := func(name string, status registry.Status, reason string) {
		t.Helper()
		if d.Status != status || d.Reason != reason {
			t.Fatalf("%s: status %q, reason %q; want %q, %q", name, d.Status, d.Reason, status, reason)
		}
	}
	step("before anything", registry.Pending, "")
	d.Refuse("s0", "Callback", "wrong account")
	step("refused", registry.Rejected, "wrong account")
	d.Claim(claim("s1"))
	step("claimed", registry.Delivered, "not provable yet")
	if d.OwnedBy("s1", "Callback") || d.RoleARN != "" {
		t.Fatal("a claim made an owner")
	}
	d.Prove(claim("s1"), "id-1", noon.Add(time.Minute))
	step("proved", registry.Verified, "")
	if !d.OwnedBy("s1", "Callback") || d.OwnedBy("s1", "Other") || d.OwnedBy("s2", "Callback") || len(d.Claims) != 0 {
		t.Fatalf("owner after the proof: %+v", d)
	}
	d.Fail("not assumable", noon.Add(2*time.Minute))
	step("failing for the first time", registry.Verified, "")
	d.Prove(d.Owner(), "id-1", noon.Add(3*time.Minute))
	d.Leave(noon.Add(time.Hour))
	step("left", registry.Leaving, "")
	d.Leave(noon.Add(2 * time.Hour))
	if !d.LeavingAt.Equal(noon.Add(time.Hour)) {
		t.Fatalf("a second Delete moved LeavingAt to %v", d.LeavingAt)
	}
	d.Fail("not assumable", noon.Add(time.Hour))
	d.Fail("not assumable", noon.Add(time.Hour+registry.SettleTime-time.Second))
	step("failing", registry.Leaving, "not assumable")
	d.Fail("not assumable", noon.Add(time.Hour+registry.SettleTime))
	step("gone", registry.Disconnected, "not assumable")
	d.Prove(claim("s1"), "id-1", noon.Add(3*time.Hour))
	step("back", registry.Verified, "")
	if !d.LeavingAt.IsZero() || !d.FailingSince.IsZero() || !d.DeliveredAt.Equal(noon) {
		t.Fatalf("after the return: %+v", d)
	}
	d.Loosen("lets others in")
	step("loosened", registry.Delivered, "lets others in")
	d.Prove(claim("s1"), "id-1", noon.Add(4*time.Hour))
	step("tightened", registry.Verified, "")
}

// TestDelivery_strangers is the attack: whoever may publish to the topic says things of a role that is proven.
func TestDelivery_strangers(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]func(*registry.Delivery){
		"claims":             func(d *registry.Delivery) { d.Claim(claim("evil")) },
		"claims the owner":   func(d *registry.Delivery) { d.Claim(claim("owner")) },
		"is refused":         func(d *registry.Delivery) { d.Refuse("evil", "Callback", "no") },
		"withdraws":          func(d *registry.Delivery) { d.Claim(claim("evil")); d.Withdraw("evil", "Callback") },
		"withdraws for free": func(d *registry.Delivery) { d.Withdraw("owner", "Callback") },
	} {
		for status, prepare := range map[registry.Status]func(*registry.Delivery){
			registry.Verified:     func(*registry.Delivery) {},
			registry.Delivered:    func(d *registry.Delivery) { d.Loosen("") },
			registry.Leaving:      func(d *registry.Delivery) { d.Leave(noon) },
			registry.Disconnected: func(d *registry.Delivery) { d.Fail("", noon); d.Fail("", noon.Add(registry.SettleTime)) },
		} {
			t.Run(name+" while "+string(status), func(t *testing.T) {
				t.Parallel()
				d := proven("owner")
				prepare(&d)
				before := d
				attack(&d)
				d.Claims = nil
				if diff := cmp.Diff(before, d, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Claims" }, cmp.Ignore())); diff != "" {
					t.Error(diff)
				}
				if d.Status != status {
					t.Errorf("prepared as %q", d.Status)
				}
			})
		}
	}
}

func TestDelivery_claims(t *testing.T) {
	t.Parallel()
	d := fresh()
	for i := range registry.MaxClaims + 3 {
		d.Claim(claim(fmt.Sprint("s", i)))
	}
	one := d
	one.Withdraw("s7", "Callback")
	two := one
	one.Claim(claim("one"))
	two.Claim(claim("two"))
	if one.Claims[len(one.Claims)-1].StackID != "one" {
		t.Error("two copies share their claims")
	}
	again := claim("s5")
	again.TemplateVersion = "2-bbbb"
	d.Claim(again)
	var stacks []string
	for _, c := range d.Claims {
		stacks = append(stacks, c.StackID)
	}
	if diff := cmp.Diff([]string{"s3", "s4", "s6", "s7", "s5"}, stacks); diff != "" {
		t.Errorf("claims: %s", diff)
	}
	if d.Claims[len(d.Claims)-1].TemplateVersion != "2-bbbb" {
		t.Error("a stack's second claim did not take the place of its first")
	}
	if !d.Claimed("s3", "Callback") || d.Claimed("s3", "Other") || d.Claimed("s0", "Callback") {
		t.Error("who waits to be proven is not told right")
	}
	d.Refuse("s3", "Callback", "wrong account")
	if d.Status != registry.Delivered {
		t.Errorf("refusing one of several claims made it %q", d.Status)
	}
	for _, stack := range []string{"s4", "s6", "s7", "nobody"} {
		d.Withdraw(stack, "Callback")
	}
	if d.Status != registry.Delivered {
		t.Errorf("withdrawing some of the claims made it %q", d.Status)
	}
	d.Withdraw("s5", "Callback")
	if diff := cmp.Diff(fresh(), d, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Claims" }, cmp.Ignore())); diff != "" {
		t.Errorf("after the last withdrawal: %s", diff)
	}
}

// Answered claims stay as long as there are others, and are replaced only by answered ones.
func TestDelivery_claimsAnswered(t *testing.T) {
	t.Parallel()
	d := fresh()
	answered := func(stack string) registry.Claim {
		c := claim(stack)
		c.Answered = true
		return c
	}
	d.Claim(answered("real"))
	for i := range registry.MaxClaims + 3 {
		d.Claim(claim(fmt.Sprint("forged", i)))
	}
	d.Claim(claim("real"))
	order := func() (stacks []string) {
		for _, c := range d.Waiting() {
			stacks = append(stacks, c.StackID)
		}
		return stacks
	}
	if diff := cmp.Diff([]string{"real", "real", "forged7", "forged6", "forged5"}, order()); diff != "" || !d.Waiting()[0].Answered {
		t.Errorf("waiting: %s", diff)
	}
	for i := range registry.MaxClaims {
		d.Claim(answered(fmt.Sprint("real", i)))
	}
	d.Claim(claim("forged"))
	if diff := cmp.Diff([]string{"real4", "real3", "real2", "real1", "real0"}, order()); diff != "" {
		t.Errorf("waiting: %s", diff)
	}
	d.Withdraw("real2", "Callback")
	if d.Claimed("real2", "Callback") {
		t.Error("a stack that has gone waits")
	}
}

func TestDelivery_answers(t *testing.T) {
	t.Parallel()
	d := fresh()
	if _, told := d.Answered("s", "r0"); told {
		t.Error("answered before anything was asked")
	}
	for i := range registry.MaxAnswers + 1 {
		d.Remember(registry.Answer{StackID: "s", RequestID: fmt.Sprint("r", i), Status: "SUCCESS"})
	}
	d.Remember(registry.Answer{StackID: "s", RequestID: "r1", Status: "FAILED"})
	if len(d.Answers) != registry.MaxAnswers {
		t.Errorf("%d answers are kept", len(d.Answers))
	}
	if _, told := d.Answered("s", "r0"); told {
		t.Error("the oldest answer is still there")
	}
	if a, told := d.Answered("s", "r1"); !told || a.Status != "SUCCESS" {
		t.Errorf("a duplicate changed the answer: %+v, %v", a, told)
	}
	if _, told := d.Answered("other", "r1"); told {
		t.Error("one stack got another's answer")
	}
}

func TestDelivery_accepted(t *testing.T) {
	t.Parallel()
	d := proven("owner")
	d.Remember(registry.Answer{StackID: "owner", RequestID: "r1", Status: "SUCCESS", TemplateVersion: "0-told"})
	d.Remember(registry.Answer{StackID: "owner", RequestID: "r2", Status: "FAILED", TemplateVersion: "2-refused"})
	for name, row := range map[string]struct {
		stack, version string
		want           bool
	}{
		"the owner's":      {"owner", "1-aaaa", true},
		"told success":     {"owner", "0-told", true},
		"refused":          {"owner", "2-refused", false},
		"never seen":       {"owner", "3-new", false},
		"of another's":     {"other", "1-aaaa", false},
		"another was told": {"other", "0-told", false},
	} {
		if got := d.Accepted(row.stack, row.version); got != row.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestDelivery_requestedAt: what a late request is compared with must not go back when the schedule proves a role again.
func TestDelivery_requestedAt(t *testing.T) {
	t.Parallel()
	d := proven("owner")
	d.Leave(noon.Add(time.Hour))
	d.Prove(d.Owner(), "id-1", noon.Add(2*time.Hour))
	if !d.RequestedAt.Equal(noon.Add(time.Hour)) || !d.DeliveredAt.Equal(noon) {
		t.Errorf("requested at %v, delivered at %v", d.RequestedAt, d.DeliveredAt)
	}
}

func TestDelivery_yields(t *testing.T) {
	t.Parallel()
	other := claim("other")
	other.RoleARN = "arn:aws:iam::222222222222:role/Other"
	sameRole := claim("other")
	sameRole.RoleARN = claim("owner").RoleARN
	elsewhere := claim("evil")
	elsewhere.AccountID = "333333333333"
	update := claim("owner")
	update.RoleARN = "arn:aws:iam::222222222222:role/Renamed"
	renamed := claim("owner")
	renamed.LogicalResourceID = "Callback2"
	noStackEither := other
	noStackEither.StackID = ""
	leaving, noStack := proven("owner"), proven("owner")
	leaving.Leave(noon)
	noStack.StackID, noStack.LogicalResourceID = "", ""
	gone := proven("owner")
	gone.Fail("", noon)
	gone.Fail("", noon.Add(registry.SettleTime))
	for name, row := range map[string]struct {
		d    registry.Delivery
		c    registry.Claim
		gone bool
		want bool
	}{
		"nobody owns it":                 {fresh(), other, false, true},
		"the owner again":                {proven("owner"), claim("owner"), false, true},
		"the owner with a new role":      {proven("owner"), update, false, true},
		"the owner, another resource":    {proven("owner"), renamed, false, true},
		"no stack, no stack behind it":   {noStack, noStackEither, false, false},
		"another stack, owner stands":    {proven("owner"), other, false, false},
		"another stack, owner fails":     {proven("owner"), other, true, true},
		"another stack, owner is gone":   {gone, other, false, true},
		"another stack, same role":       {proven("owner"), sameRole, false, false},
		"same role, owner leaves":        {leaving, sameRole, false, true},
		"same role, no stack behind it":  {noStack, sameRole, false, true},
		"another account, owner stands":  {proven("owner"), elsewhere, false, false},
		"another account, owner is gone": {gone, elsewhere, true, false},
	} {
		if got := row.d.Yields(row.c, row.gone); got != row.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
