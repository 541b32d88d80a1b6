package receiver_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

const (
	partnerID  = "111122223333"
	customerID = "222222222222"
	strangerID = "333333333333"
	topicName  = "xrole-acme"
	good       = "arn:aws:iam::" + customerID + ":role/Acme"
	stackA     = "arn:aws:cloudformation:us-east-1:" + customerID + ":stack/A/aaaaaaaa-0000"
	stackB     = "arn:aws:cloudformation:us-east-1:" + customerID + ":stack/B/bbbbbbbb-0000"
)

// table is one real registry for the whole package; every test has an onboarding of its own in it.
var table struct {
	sync.Once
	hub     *hub.Hub
	partner *lab.Account
}

func realStore(t *testing.T) *registry.Store {
	t.Helper()
	l := lab.Shared(t)
	table.Do(func() {
		table.partner = l.NewAccount(t)
		table.hub = l.DeployHub(t, table.partner, lab.HubOptions{TrustedPrincipalARNs: []string{table.partner.ARN}})
	})
	if table.hub == nil {
		t.Fatal("the hub could not be made")
	}
	return registry.NewStore(dynamodb.NewFromConfig(table.partner.Config("us-east-1")), table.hub.TableARN)
}

// stage is a receiver on a real registry, whose roles are scripted and whose answers are kept.
type stage struct {
	*testing.T
	*receiver.Handler
	registry *registry.Store
	name     string
	offer    registry.Offer
	clock    time.Time
	log      bytes.Buffer

	mu                   sync.Mutex
	roles                map[string]trust.Result
	checks               int
	answers              []callback.Response
	failing              error
	betweenAnswerAndMark func()
	// anyID is for offers that change meanwhile.
	anyID bool
}

func newStage(t *testing.T, accountID string) *stage {
	t.Helper()
	s := &stage{T: t, registry: realStore(t), name: rand.Text(), clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), roles: map[string]trust.Result{good: passed(good)}}
	s.offer = registry.Offer{
		Name: s.name, OfferID: rand.Text(), Revision: "o:1", AccountID: accountID, ExternalID: trust.NewExternalID(), TemplateVersion: "v1", Inputs: json.RawMessage("{}"),
	}
	for _, version := range []string{"v0", "v2", "v3"} {
		s.offer.Former = append(s.offer.Former, registry.Version{Version: version, ExternalID: s.offer.ExternalID})
	}
	if err := s.registry.CreateOffer(t.Context(), s.offer); err != nil {
		t.Fatal(err)
	}
	s.Handler = &receiver.Handler{
		Store: s.registry, Checker: s, Answerer: s, Log: slog.New(slog.NewJSONHandler(&s.log, nil)),
		Now: func() time.Time { return s.clock }, AccountID: partnerID, TopicName: topicName, Recheck: 24 * time.Hour,
	}
	return s
}

func passed(role string) trust.Result {
	return trust.Result{Assumable: true, ExternalID: "", RefusesMissing: trust.Yes, RefusesWrong: trust.Yes, AccountID: strings.Split(role, ":")[4]}
}

func loose() trust.Result {
	return trust.Result{Assumable: true, RefusesMissing: trust.No, AccountID: customerID, Findings: []string{trust.FindingMissing}}
}

// Check and Gone make the stage the receiver's checker.
func (s *stage) Check(_ context.Context, _ time.Duration, role string, ids ...string) (trust.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks++
	r, known := s.roles[role]
	if !known {
		return trust.Result{Findings: []string{trust.FindingDenied}}, nil
	}
	if ids[0] != s.offer.ExternalID && !s.anyID {
		s.Errorf("probed with %q, which is not the offer's External ID", ids[0])
	}
	r.ExternalID = ids[0]
	return r, nil
}

func (s *stage) Gone(_ context.Context, role string, _ ...string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, stands := s.roles[role]
	return !stands, nil
}

// Put keeps the answer in the place of a stack.
func (s *stage) Put(_ context.Context, _ *callback.Request, resp callback.Response) error {
	s.mu.Lock()
	s.answers = append(s.answers, resp)
	failing, then := s.failing, s.betweenAnswerAndMark
	s.betweenAnswerAndMark = nil
	s.mu.Unlock()
	if then != nil {
		then()
	}
	return failing
}

// request is one message; changes win.
type request map[string]any

func (s *stage) event(kind, stack string, changes request) json.RawMessage {
	s.Helper()
	fields := request{
		"RequestType": kind, "RequestId": rand.Text(), "StackId": stack, "LogicalResourceId": "Callback", "ResourceType": "Custom::XroleCallback",
		"ResourceProperties": map[string]any{"OnboardingName": s.name, "RoleArn": good, "TemplateVersion": "v1"},
	}
	if kind != "Create" {
		fields["PhysicalResourceId"] = "xrole-physical"
	}
	if p, ok := changes["properties"].(request); ok {
		properties, _ := fields["ResourceProperties"].(map[string]any)
		maps.Copy(properties, p)
	}
	sent := s.clock
	if at, ok := changes["sent"].(time.Time); ok {
		sent = at
	}
	maps.Copy(fields, changes)
	delete(fields, "properties")
	delete(fields, "sent")
	if _, given := fields["ResponseURL"]; !given {
		fields["ResponseURL"] = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/" +
			url.PathEscape(fmt.Sprintf("%s|%s|%s", fields["StackId"], fields["LogicalResourceId"], fields["RequestId"])) + "?X-Amz-Signature=very-secret"
	}
	message, err := json.Marshal(fields)
	if err != nil {
		s.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns", "Sns": map[string]any{
		"TopicArn": "arn:aws:sns:us-east-1:" + partnerID + ":" + topicName, "Message": string(message), "Timestamp": sent.Format(time.RFC3339Nano), "MessageId": "m",
	}}}})
	if err != nil {
		s.Fatal(err)
	}
	return event
}

// send handles a message and returns what the stack was told.
func (s *stage) send(kind, stack string, changes request) callback.Response {
	s.Helper()
	return s.handle(s.event(kind, stack, changes))
}

func (s *stage) handle(event json.RawMessage) callback.Response {
	s.Helper()
	before := len(s.answers)
	if _, err := s.Handle(s.Context(), event); err != nil {
		s.Fatal(err)
	}
	if len(s.answers) != before+1 {
		s.Fatalf("%d answers were sent", len(s.answers)-before)
	}
	return s.answers[before]
}

func (s *stage) delivery() *registry.Delivery {
	s.Helper()
	rec, err := s.registry.Get(s.Context(), s.name)
	if err != nil {
		s.Fatal(err)
	}
	return rec.Current()
}

func (s *stage) status() registry.Status {
	s.Helper()
	if d := s.delivery(); d != nil {
		return d.Status
	}
	return registry.Pending
}

// wants fails unless the stack was told this and the onboarding has that status now.
func (s *stage) wants(what string, told callback.Response, answer callback.Status, status registry.Status) {
	s.Helper()
	if told.Status != answer {
		s.Errorf("%s: the stack was told %s (%s), not %s", what, told.Status, told.Reason, answer)
	}
	if now := s.status(); now != status {
		s.Errorf("%s: the onboarding is %s, not %s", what, now, status)
	}
	if told.Status == callback.Failed && told.Reason == "" || told.PhysicalResourceID == "" {
		s.Errorf("%s: an answer without a reason or a physical id: %+v", what, told)
	}
	for _, secret := range []string{partnerID, topicName, s.offer.ExternalID, "arn:", "table", "dynamodb"} {
		if strings.Contains(told.Reason, secret) {
			s.Errorf("%s: the customer is told %q: %s", what, secret, told.Reason)
		}
	}
}
