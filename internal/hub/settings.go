package hub

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

const (
	settingsKey  = "hub#settings"
	settingsName = "settings"
)

// Settings are what a hub was last applied with: a Spec without Code, KeepNewer and Force.
type Settings Spec

// stored is the item in the registry from which Lookup fills everything.
type stored struct {
	Hub  *Hub
	Spec Settings
}

// Lookup reads what Apply last made in the caller's account, in one request. It returns ErrNotFound if there is no such
// hub in that region.
func Lookup(ctx context.Context, c *awsapi.Clients, region, name string) (*Hub, Settings, error) {
	_, found, err := readSettings(ctx, c, region, resourceName(name))
	switch {
	case awsapi.IsNotFound(err):
		return nil, Settings{}, ErrNotFound
	case err != nil:
		return nil, Settings{}, fmt.Errorf("looking up hub %q in %s: %w", name, region, err)
	case found.Hub == nil:
		return nil, Settings{}, ErrNotFound
	}
	return found.Hub, found.Spec, nil
}

// readSettings returns the item's text and what it says, nothing if there is none.
func readSettings(ctx context.Context, c *awsapi.Clients, region, table string) (string, stored, error) {
	out, err := c.DynamoDB(region).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: settingsKey}},
	})
	if err != nil {
		return "", stored{}, err
	}
	text, ok := out.Item[settingsName].(*types.AttributeValueMemberS)
	if !ok {
		return "", stored{}, nil
	}
	var found stored
	if err := json.Unmarshal([]byte(text.Value), &found); err != nil {
		return "", stored{}, fmt.Errorf("reading item %q: %w", settingsKey, err)
	}
	return text.Value, found, nil
}

// writeSettings puts the item if it would not be the same.
func (j job) writeSettings(ctx context.Context, spec Spec, h *Hub, former string) error {
	spec.ReceiverVersion = h.ReceiverVersion
	text, err := json.Marshal(stored{Hub: h, Spec: Settings(spec)})
	if err != nil {
		return fmt.Errorf("encoding the settings of hub %q: %w", h.Name, err)
	}
	if string(text) == former {
		return nil
	}
	_, err = j.clients.DynamoDB(h.Region).PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &h.TableARN,
		Item: map[string]types.AttributeValue{
			"pk":         &types.AttributeValueMemberS{Value: settingsKey},
			settingsName: &types.AttributeValueMemberS{Value: string(text)},
		},
	})
	if err != nil {
		return fmt.Errorf("writing the settings of hub %q: %w", h.Name, err)
	}
	return nil
}
