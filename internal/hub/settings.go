package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
)

const (
	settingsKey  = "hub#settings"
	settingsName = "settings"
	revisionName = "revision"
)

// Settings are what a hub was last applied with: a Spec without Code, FormerOwner and Force.
type Settings Spec

// stored is the item in the registry from which Lookup fills everything.
type stored struct {
	Hub  *Hub
	Spec Settings
}

// Lookup reads what Apply last made in the caller's account, in one request. It returns ErrNotFound if there is no such
// hub in that region.
func Lookup(ctx context.Context, c *awsclients.Clients, region, name string) (*Hub, Settings, error) {
	if err := CheckName(name); err != nil {
		return nil, Settings{}, err
	}
	seen, err := readSettings(ctx, c, region, ResourceName(name))
	found := seen.stored
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

// written is the item as it was read: its text, what that says, and the revision "<owner>:<n>" that each write is
// conditional on. It is empty if there is none.
type written struct {
	text, revision string
	stored
}

func readSettings(ctx context.Context, c *awsclients.Clients, region, table string) (written, error) {
	out, err := c.DynamoDB(region).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: settingsKey}},
	})
	if err != nil {
		return written{}, err
	}
	text, ok := out.Item[settingsName].(*types.AttributeValueMemberS)
	if !ok {
		return written{}, nil
	}
	found := written{text: text.Value}
	if revision, ok := out.Item[revisionName].(*types.AttributeValueMemberS); ok {
		found.revision = revision.Value
	}
	if err := json.Unmarshal([]byte(text.Value), &found.stored); err != nil {
		return written{}, fmt.Errorf("reading item %q: %w", settingsKey, err)
	}
	return found, nil
}

// next returns the revision of owner's next write.
func (w written) next(owner string) string {
	_, count, _ := strings.Cut(w.revision, ":")
	n, err := strconv.ParseUint(count, 10, 64)
	if err != nil {
		n = 0 // there is no item, or one from before there were revisions
	}
	return owner + ":" + strconv.FormatUint(n+1, 10)
}

// claim makes the caller the owner of an imported hub before anything is changed, so that of two who imported it the
// second is told.
func (j job) claim(ctx context.Context, spec Spec, h *Hub, former *former) error {
	seen := former.settings
	if spec.FormerOwner == nil || seen.Hub == nil || seen.Spec.Owner == spec.Owner {
		return nil
	}
	seen.Spec.Owner = spec.Owner
	var err error
	former.settings, err = j.putSettings(ctx, h, seen.stored, seen)
	return err
}

// writeSettings puts the item if it would not be the same.
func (j job) writeSettings(ctx context.Context, spec Spec, h *Hub, seen written) error {
	spec.ReceiverVersion = h.ReceiverVersion
	_, err := j.putSettings(ctx, h, stored{Hub: h, Spec: Settings(spec)}, seen)
	return err
}

// putSettings returns a *RevisionError if somebody else has written since they were seen.
func (j job) putSettings(ctx context.Context, h *Hub, settings stored, seen written) (written, error) {
	text, err := json.Marshal(settings)
	if err != nil {
		return seen, fmt.Errorf("encoding the settings of hub %q: %w", h.Name, err)
	}
	if string(text) == seen.text {
		return seen, nil
	}
	now := written{text: string(text), revision: seen.next(settings.Spec.Owner), stored: settings}
	put := &dynamodb.PutItemInput{
		TableName: &h.TableARN,
		Item: map[string]types.AttributeValue{
			"pk":         &types.AttributeValueMemberS{Value: settingsKey},
			settingsName: &types.AttributeValueMemberS{Value: now.text},
			revisionName: &types.AttributeValueMemberS{Value: now.revision},
		},
		ConditionExpression:      aws.String("attribute_not_exists(#revision)"),
		ExpressionAttributeNames: map[string]string{"#revision": revisionName},
	}
	if seen.revision != "" {
		put.ConditionExpression = aws.String("#revision = :seen")
		put.ExpressionAttributeValues = map[string]types.AttributeValue{":seen": &types.AttributeValueMemberS{Value: seen.revision}}
	}
	_, err = j.clients.DynamoDB(h.Region).PutItem(ctx, put)
	if awsapi.IsConditionFailed(err) {
		return j.afterLostAnswer(ctx, h, seen, now)
	}
	if err != nil {
		return seen, fmt.Errorf("writing the settings of hub %q: %w", h.Name, err)
	}
	return now, nil
}

// afterLostAnswer tells our own write, whose answer was lost and which the SDK tried again, from somebody else's.
func (j job) afterLostAnswer(ctx context.Context, h *Hub, seen, now written) (written, error) {
	found, err := readSettings(ctx, j.clients, h.Region, h.TableARN)
	switch {
	case err != nil:
		return seen, fmt.Errorf("reading the settings of hub %q: %w", h.Name, err)
	case found.revision == now.revision && found.text == now.text:
		return now, nil
	}
	return seen, &RevisionError{Hub: h.Name, Owner: found.Spec.Owner}
}
