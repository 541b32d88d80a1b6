package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

const (
	// eventSource and eventType are what rules on the bus match.
	eventSource = "xrole"
	eventType   = "xrole onboarding status change"
	// eventVersion grows when a field of Detail changes its meaning or goes; new fields do not change it.
	eventVersion = "1"
)

// Detail is the detail of an event. Everything in it but the id, the time and the statuses may be empty. There is no
// External ID in it.
type Detail struct {
	Version    string    `json:"version"`
	ID         string    `json:"id"`
	Hub        string    `json:"hub"`
	Onboarding string    `json:"onboarding"`
	From       string    `json:"from"`
	To         string    `json:"to"`
	At         time.Time `json:"at"`
	Reason     string    `json:"reason"`
	AccountID  string    `json:"account_id"`
	RoleARN    string    `json:"role_arn"`
	StackID    string    `json:"stack_id"`
	Region     string    `json:"region"`
}

// EventBus tells an EventBridge bus of changes of status.
type EventBus struct {
	client *eventbridge.Client
	arn    string
	hub    string
}

// NewEventBus returns the bus of that ARN for a hub whose topics have that name. The client must be of the bus's
// region.
func NewEventBus(c *eventbridge.Client, arn, topicName string) *EventBus {
	return &EventBus{client: c, arn: arn, hub: strings.TrimPrefix(topicName, "xrole-")}
}

// Tell puts an event on the bus for each change of status that a delivery notes as not told, all in one request.
// An error means that some may not
// have been told.
func (b *EventBus) Tell(ctx context.Context, d registry.Delivery) error {
	var entries []types.PutEventsRequestEntry
	for _, c := range d.Unannounced {
		detail, err := json.Marshal(Detail{
			Version: eventVersion, ID: c.ID, Hub: b.hub, Onboarding: d.Name, From: string(c.From), To: string(c.To), At: c.At, Reason: c.Reason,
			AccountID: d.AccountID, RoleARN: d.RoleARN, StackID: d.StackID, Region: d.Region,
		})
		if err != nil {
			return fmt.Errorf("encoding an event: %w", err)
		}
		entries = append(entries, types.PutEventsRequestEntry{
			EventBusName: &b.arn, Source: aws.String(eventSource), DetailType: aws.String(eventType), Detail: aws.String(string(detail)), Time: aws.Time(c.At),
		})
	}
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err != nil {
		return fmt.Errorf("telling the event bus: %w", err)
	}
	for _, e := range out.Entries {
		if e.ErrorCode != nil {
			return errors.New("telling the event bus: " + aws.ToString(e.ErrorCode) + ": " + aws.ToString(e.ErrorMessage))
		}
	}
	return nil
}
