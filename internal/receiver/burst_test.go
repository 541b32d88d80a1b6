package receiver_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// A thousand customers launch in one moment: each stack is answered SUCCESS within the function's time, and its delivery
// costs one read and one write of the table.
func TestHandler_thousandAtOnce(t *testing.T) {
	t.Parallel()
	const n, timeout = 1000, 4 * time.Minute // the function's own
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	h := l.DeployHub(t, partner, lab.HubOptions{TrustedPrincipalARNs: []string{partner.ARN}})
	s := &stage{T: t, clock: time.Now(), roles: map[string]trust.Result{good: passed(good)}, anyID: true}
	cfg := partner.Config("us-east-1")
	if client, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		cfg.HTTPClient = client.WithTransportOptions(func(tr *http.Transport) { tr.MaxConnsPerHost = 64 }) // the lab is one server
	}
	s.registry = registry.NewStore(dynamodb.NewFromConfig(cfg), h.TableARN)
	s.Handler = &receiver.Handler{
		Store: s.registry, Checker: s, Answerer: s, Log: slog.New(slog.DiscardHandler),
		Now: time.Now, AccountID: partnerID, TopicName: topicName, Recheck: 24 * time.Hour,
	}
	events := make([]json.RawMessage, n)
	var offers errgroup.Group
	offers.SetLimit(8)
	for i := range n {
		name := fmt.Sprintf("customer-%04d", i)
		events[i] = s.event("Create", fmt.Sprintf("%s-%04d", stackA, i), request{"properties": request{"OnboardingName": name}})
		offers.Go(func() error {
			return s.registry.CreateOffer(t.Context(), registry.Offer{
				Name: name, OfferID: rand.Text(), Revision: "o:1", AccountID: customerID, ExternalID: rand.Text(), TemplateVersion: "v1", Inputs: json.RawMessage("{}"),
			})
		})
	}
	if err := offers.Wait(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	before := len(l.Requests(lab.Filter{AccountID: partner.ID}))
	var all errgroup.Group
	for _, event := range events {
		all.Go(func() error { _, err := s.Handle(ctx, event); return err })
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	count := map[string]int{}
	for _, r := range l.Requests(lab.Filter{AccountID: partner.ID})[before:] {
		count[r.Operation]++
	}
	if len(count) != 2 || count["BatchGetItem"] != n || count["PutItem"] != n {
		t.Errorf("%d deliveries made %v", n, count)
	}
	answered := 0
	for _, a := range s.answers {
		if a.Status == callback.Success {
			answered++
		}
	}
	if answered != n {
		t.Errorf("%d of %d stacks were answered SUCCESS", answered, n)
	}
}
