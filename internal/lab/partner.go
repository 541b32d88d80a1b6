package lab

import (
	"context"
	"fmt"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

// HubOptions says which hub to deploy.
type HubOptions struct {
	// Name is "acme" if empty.
	Name string
	// Regions are those where customers may launch; the first is the home region. None means us-east-1.
	Regions              []string
	TrustedPrincipalARNs []string
	AccountIDs           []string
	Anyone               bool
	// TimeoutSeconds is the receiver's; 0 for the stack's default.
	TimeoutSeconds int
	// EventBusARN is told of changes of status; empty for none.
	EventBusARN string
}

// DeployHub makes a hub in the partner's account, with the receiver as shipped, or changes the one that is there. The
// test fails if that fails.
func (l *Lab) DeployHub(tb testing.TB, partner *Account, o HubOptions) *hub.Hub {
	tb.Helper()
	spec, err := l.HubSpec(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	h, err := hub.Apply(tb.Context(), awsclients.New(partner.Config(spec.Region), nil), spec, func(what string) { tb.Log(what) })
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// HubSpec returns what DeployHub applies. The receiver is built for this machine once per lab, outside the lab's
// environment.
func (l *Lab) HubSpec(ctx context.Context, o HubOptions) (hub.Spec, error) {
	code, err := l.receiverZip(ctx)
	if err != nil {
		return hub.Spec{}, fmt.Errorf("building the receiver: %w", err)
	}
	spec := hub.Spec{
		Name: o.Name, Regions: o.Regions, TrustedPrincipalARNs: o.TrustedPrincipalARNs,
		Access: hub.Access{AccountIDs: o.AccountIDs, Anyone: o.Anyone},
		Code:   code, Architecture: Architecture(), TimeoutSeconds: o.TimeoutSeconds, EventBusARN: o.EventBusARN,
	}
	if spec.Name == "" {
		spec.Name = "acme"
	}
	if len(spec.Regions) == 0 {
		spec.Regions = []string{"us-east-1"}
	}
	spec.Region = spec.Regions[0]
	return spec, nil
}
