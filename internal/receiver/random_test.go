package receiver_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

var sequences = flag.Int("sequences", 3000, "how many random sequences TestHandler_random drives")

// role is a role as it stands in some account.
type role struct {
	ids  []string // the External IDs it asks for
	open bool
}

// play is a small world: two customers and a stranger, their roles and stacks, a registry in memory with the real one's
// conditions, and a receiver. What is true in it is known, so that what the registry says can be held against it.
type play struct {
	*testing.T
	rng     *rand.Rand
	handler *receiver.Handler
	clock   time.Time
	records map[string]registry.Record
	roles   map[string]*role
	answers []callback.Response
	history []string
	issued  int
}

var playAccounts = map[string]string{"globex": customerID, "initech": strangerID}

func newPlay(t *testing.T, seed uint64) *play {
	t.Helper()
	p := &play{
		T: t, rng: rand.New(rand.NewPCG(seed, 1)), clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		records: map[string]registry.Record{}, roles: map[string]*role{},
	}
	p.handler = &receiver.Handler{
		Store: p, Checker: p, Answerer: p, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Now: func() time.Time { return p.clock }, Recheck: 24 * time.Hour, AccountID: partnerID, TopicName: topicName,
	}
	p.offer("globex")
	p.offer("initech")
	return p
}

func (p *play) offer(name string) {
	p.issued++
	r := p.records[name]
	r.Offer = &registry.Offer{Name: name, OfferID: fmt.Sprint("offer", p.issued), Revision: fmt.Sprint("r", p.issued), AccountID: playAccounts[name], ExternalID: fmt.Sprint("ID-", p.issued), TemplateVersion: "v1"}
	r.Offer.Remember(registry.Version{Version: "v0", ExternalID: r.Offer.ExternalID})
	p.records[name] = r
}

func (p *play) Get(_ context.Context, name string) (registry.Record, error) {
	r := p.records[name]
	if r.Delivery != nil {
		d := *r.Delivery
		r.Delivery = &d
	}
	return r, nil
}

func (p *play) PutDelivery(_ context.Context, d registry.Delivery) error {
	r := p.records[d.Name]
	if p.rng.IntN(20) == 0 && r.Delivery != nil { // somebody else writes in between
		other := *r.Delivery
		other.Revision++
		r.Delivery = &other
		p.records[d.Name] = r
	}
	if r.Delivery != nil && r.Delivery.Revision != d.Revision || r.Delivery == nil && d.Revision != 0 {
		return registry.ErrRevision
	}
	d.Revision++
	r.Delivery = &d
	p.records[d.Name] = r
	return nil
}

// Due names one at a time, so that a sequence is the same each time.
func (p *play) Due(_ context.Context, now time.Time) ([]string, error) {
	for _, name := range []string{"globex", "initech"} {
		if d := p.records[name].Delivery; d != nil && !d.DueAt.IsZero() && !d.DueAt.After(now) {
			return []string{name}, nil
		}
	}
	return nil, nil
}

func (p *play) Check(_ context.Context, _ time.Duration, arn string, ids ...string) (trust.Result, error) {
	if p.rng.IntN(15) == 0 {
		return trust.Result{}, fmt.Errorf("throttled")
	}
	if strings.Contains(arn, partnerID) {
		p.Error("a role of the partner's was probed")
	}
	r := p.roles[arn]
	account := strings.Split(arn, ":")[4]
	switch {
	case r == nil:
		return trust.Result{Findings: []string{trust.FindingDenied}}, nil
	case r.open:
		return trust.Result{Assumable: true, ExternalID: ids[0], RefusesMissing: trust.No, AccountID: account, Findings: []string{trust.FindingMissing}}, nil
	}
	for _, id := range ids {
		if slices.Contains(r.ids, id) {
			return trust.Result{Assumable: true, ExternalID: id, RefusesMissing: trust.Yes, RefusesWrong: trust.Yes, AccountID: account}, nil
		}
	}
	return trust.Result{Findings: []string{trust.FindingDenied}}, nil
}

func (p *play) Gone(_ context.Context, arn string, ids ...string) (bool, error) {
	r := p.roles[arn]
	return r == nil || !r.open && !slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(r.ids, id) }), nil
}

func (p *play) Put(_ context.Context, _ *callback.Request, resp callback.Response) error {
	p.answers = append(p.answers, resp)
	return nil
}

// holds reports whether a role is what a verified one must be, for an offer.
func (p *play) holds(arn string, o *registry.Offer) bool {
	r := p.roles[arn]
	return r != nil && !r.open && (slices.Contains(r.ids, o.ExternalID) || o.PreviousExternalID != "" && slices.Contains(r.ids, o.PreviousExternalID))
}

func pick[T any](p *play, of ...T) T { return of[p.rng.IntN(len(of))] }

// step does something at random, and checks what must hold whatever was done.
func (p *play) step() {
	p.Helper()
	before := maps.Clone(p.records)
	name := pick(p, "globex", "initech")
	account := pick(p, playAccounts[name], playAccounts[name], customerID, strangerID, partnerID)
	arn := fmt.Sprintf("arn:aws:iam::%s:role/%s", account, pick(p, "a", "b"))
	p.clock = p.clock.Add(time.Duration(p.rng.IntN(8)) * time.Minute)
	what := pick(p, "message", "message", "message", "role", "role", "schedule", "schedule", "verify", "day", "rotate", "finish", "again")
	p.history = append(p.history, fmt.Sprintf("%s %s %s", what, name, arn))
	switch what {
	case "message":
		p.message(name, account, arn)
	case "role":
		o := p.records[name].Offer
		p.roles[arn] = pick(p, nil, &role{ids: []string{o.ExternalID}}, &role{ids: []string{o.ExternalID}}, &role{ids: []string{o.ExternalID, o.PreviousExternalID}}, &role{open: true}, &role{ids: []string{"other"}})
	case "day":
		p.clock = p.clock.Add(24 * time.Hour)
		p.schedule()
	case "schedule":
		p.schedule()
	case "verify":
		p.handle(fmt.Sprintf(`{"verify":{"name":%q}}`, name))
	case "rotate", "finish":
		p.rotate(name, what == "finish")
	case "again":
		p.offer(name)
	}
	for name, r := range p.records {
		p.check(before[name], r)
	}
}

func (p *play) rotate(name string, finish bool) {
	p.issued++
	r := p.records[name]
	o := *r.Offer
	o.Revision = fmt.Sprint("r", p.issued)
	switch {
	case finish && r.ExternalIDInUse() == o.ExternalID:
		o.PreviousExternalID = ""
	case !finish && (o.PreviousExternalID == "" || r.ExternalIDInUse() == o.ExternalID):
		o.PreviousExternalID, o.ExternalID = o.ExternalID, fmt.Sprint("ID-", p.issued)
	}
	o.Remember(o.Former...) // in the sight of the new External IDs
	r.Offer = &o
	p.records[name] = r
}

func (p *play) message(name, account, arn string) {
	kind := pick(p, "Create", "Create", "Update", "Delete")
	stack := fmt.Sprintf("arn:aws:cloudformation:us-east-1:%s:stack/%s/aaaaaaaa-0000", pick(p, account, account, customerID), pick(p, "s", "t"))
	id := fmt.Sprintf("request-%d-%d", p.issued, p.rng.IntN(9))
	version, resource := pick(p, "v1", "v0", "guess"), pick(p, "Callback", "Callback", "Callback2")
	fields := request{
		"RequestType": kind, "RequestId": id, "StackId": stack, "LogicalResourceId": resource, "ResourceType": "Custom::XroleCallback",
		"ResourceProperties": map[string]any{"OnboardingName": name, "RoleArn": arn, "TemplateVersion": version},
		"ResponseURL":        "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/" + url.PathEscape(stack+"|"+resource+"|"+id) + "?X",
	}
	if kind != "Create" {
		fields["PhysicalResourceId"] = "xrole-physical"
	}
	message, err := json.Marshal(fields)
	if err != nil {
		p.Fatal(err)
	}
	sent := p.clock.Add(-time.Duration(p.rng.IntN(20)) * time.Minute)
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"Sns": map[string]any{
		"TopicArn": "arn:aws:sns:us-east-1:" + partnerID + ":" + topicName, "Message": string(message), "Timestamp": sent.Format(time.RFC3339Nano), "MessageId": "m",
	}}}})
	if err != nil {
		p.Fatal(err)
	}
	before, record := len(p.answers), p.records[name]
	p.handle(string(event))
	if d := record.Delivery; !record.Offer.Knows(version) && (d == nil || !d.OwnedBy(stack, resource) && !d.Claimed(stack, resource)) && p.records[name] != record {
		p.Errorf("a message of nobody who was invited was recorded: %+v", p.records[name].Delivery)
	}
	if len(p.answers) != before+1 {
		p.Errorf("%d answers to one message", len(p.answers)-before)
		return
	}
	if kind == "Delete" && p.answers[before].Status != callback.Success {
		p.Errorf("a Delete was refused: %s", p.answers[before].Reason)
	}
}

func (p *play) schedule() {
	p.handle(`{"schedule":{}}`)
	p.handle(`{"schedule":{}}`)
}

// handle may fail: STS may, and others may write in between. Then Lambda, or the schedule, comes again.
func (p *play) handle(event string) {
	if _, err := p.handler.Handle(p.Context(), json.RawMessage(event)); err != nil && strings.Contains(err.Error(), "panic") {
		p.Error(err)
	}
}

func (p *play) check(before, after registry.Record) {
	p.Helper()
	was, is := before.Current(), after.Current()
	fail := func(what string) {
		p.Errorf("%s\nbefore: %+v\nafter: %+v\noffer: %+v\nhistory:\n%s", what, was, is, after.Offer, strings.Join(p.history, "\n"))
	}
	if is == nil {
		if was != nil && before.Offer.OfferID == after.Offer.OfferID {
			fail("a delivery was lost")
		}
		return
	}
	if is.RoleARN != "" && strings.Split(is.RoleARN, ":")[4] != after.Offer.AccountID || is.AccountID != "" && is.AccountID != after.Offer.AccountID {
		fail("a role of another account")
	}
	if is.StackID != "" && strings.Split(is.StackID, ":")[4] != after.Offer.AccountID {
		fail("a stack of another account")
	}
	wasVerified := was != nil && was.Status == registry.Verified && was.RoleARN == is.RoleARN
	if is.Status == registry.Verified && !wasVerified && !p.holds(is.RoleARN, after.Offer) {
		fail("verified what does not hold")
	}
	if was == nil || was.OfferID != is.OfferID {
		return
	}
	if was.RoleARN != "" && is.RoleARN == "" {
		fail("an ARN was lost")
	}
	if was.RoleARN != "" && was.RoleARN != is.RoleARN && !p.holds(is.RoleARN, after.Offer) {
		fail("a proven role gave way to one that is not")
	}
	if was.RoleARN != is.RoleARN && p.holds(was.RoleARN, after.Offer) && was.StackID != is.StackID && was.StackID != "" {
		fail("a role that stands was taken over by another stack")
	}
	if is.Status == registry.Rejected && !was.VerifiedAt.IsZero() {
		fail("rejected after it was verified")
	}
	if len(is.Claims) > registry.MaxClaims || len(is.Answers) > registry.MaxAnswers {
		fail("no bounds")
	}
}

// settle lets two days pass without a message: what is verified then, holds.
func (p *play) settle() {
	p.Helper()
	p.history = append(p.history, "two days")
	for range 2 {
		p.clock = p.clock.Add(24 * time.Hour)
		for range 12 {
			p.clock = p.clock.Add(6 * time.Minute)
			p.schedule()
		}
	}
	for name, r := range p.records {
		if d := r.Current(); d != nil && (d.Status == registry.Verified) != p.holds(d.RoleARN, r.Offer) && (d.Status == registry.Verified || d.RoleARN != "") {
			p.Errorf("%s is %s and its role is %+v\n%+v\n%+v\n%s", name, d.Status, p.roles[d.RoleARN], d, r.Offer, strings.Join(p.history, "\n"))
		}
	}
}

// Whatever comes in whatever order, no role is recorded under another customer, none is lost, and what is called
// verified holds.
func TestHandler_random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(*sequences) {
		p := newPlay(t, seed)
		for range 5 + p.rng.IntN(25) {
			p.step()
		}
		p.settle()
		if t.Failed() {
			t.Fatalf("sequence %d", seed)
		}
	}
}
