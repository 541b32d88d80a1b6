package registry

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var (
	// ErrOfferExists says that there is an offer of that name.
	ErrOfferExists = errors.New("an offer of that name is in the registry")
	// ErrExternalIDTaken says that the External ID is or was that of another onboarding.
	ErrExternalIDTaken = errors.New("the External ID belongs to another onboarding")
	// ErrRevision says that somebody else has written or deleted the item since it was read.
	ErrRevision = errors.New("the registry entry has changed since it was read")
	// ErrStatus says that what came back for an offer has a status that forbids the write.
	ErrStatus = errors.New("the status of what came back for the offer forbids it")
)

// TakenError is ErrExternalIDTaken with the name of the onboarding that has or had the External ID.
type TakenError struct{ By string }

func (e *TakenError) Error() string { return fmt.Sprintf("%s, %q", ErrExternalIDTaken, e.By) }

// Unwrap makes it an ErrExternalIDTaken.
func (e *TakenError) Unwrap() error { return ErrExternalIDTaken }

// condition is what must hold of the item that is there.
type condition struct {
	expression string
	values     item
}

func absent() condition { return condition{expression: "attribute_not_exists(pk)"} }

func unchanged(revision types.AttributeValue) condition {
	return condition{"revision = :seen", item{":seen": revision}}
}

// absentOrThat compares the generation too: a revision may come again with another one.
func absentOrThat(revision, offerID string) condition {
	return condition{"attribute_not_exists(pk) OR revision = :seen AND offer_id = :offer", item{":seen": str(revision), ":offer": str(offerID)}}
}

func absentOrOf(name string) condition {
	return condition{"attribute_not_exists(pk) OR onboarding = :name", item{":name": str(name)}}
}

// CreateOffer writes an offer and reserves its External ID, in one request and both or none. For the provider only.
// Errors: ErrOfferExists, *TakenError, *TooLargeError.
func (s *Store) CreateOffer(ctx context.Context, o Offer) error {
	if !ValidName(o.Name) {
		return fmt.Errorf("onboarding name %q is not 1 to 64 letters, digits or any of ._-", o.Name)
	}
	if err := s.writeOffer(ctx, o, absent(), ErrOfferExists); err != nil {
		return fmt.Errorf("creating the offer of onboarding %q: %w", o.Name, err)
	}
	return nil
}

// UpdateOffer writes an offer over the one whose revision was seen, and reserves its External ID, in one request and
// both or none. For the provider only. Errors: ErrRevision (also when the offer is gone), *TakenError,
// *TooLargeError.
func (s *Store) UpdateOffer(ctx context.Context, o Offer, seenRevision string) error {
	if err := s.writeOffer(ctx, o, unchanged(str(seenRevision)), ErrRevision); err != nil {
		return fmt.Errorf("updating the offer of onboarding %q: %w", o.Name, err)
	}
	return nil
}

// writeOffer always writes the reservation too: whether the External ID is a new one is not known without a read. A try
// that DynamoDB did carry out but whose answer was lost is a success when it is repeated: the SDK gives all tries one
// ClientRequestToken, which DynamoDB knows again for ten minutes.
func (s *Store) writeOffer(ctx context.Context, o Offer, c condition, failed error) error {
	offer, err := offerItem(o)
	if err != nil {
		return err
	}
	reserved, err := reservationItem(o)
	if err != nil {
		return err
	}
	reserve := s.put(reserved, absentOrOf(o.Name))
	reserve.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld // whose it is
	_, err = s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{{Put: s.put(offer, c)}, {Put: reserve}},
	}, again)
	return offerError(err, failed)
}

// offerError says which condition failed, the offer's first.
func offerError(err, failed error) error {
	canceled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok || len(canceled.CancellationReasons) != 2 {
		return err
	}
	offer, reserved := canceled.CancellationReasons[0], canceled.CancellationReasons[1]
	switch {
	case aws.ToString(offer.Code) == codeCondition:
		return failed
	case aws.ToString(reserved.Code) == codeCondition:
		var taken reservation
		if err := attributevalue.UnmarshalMap(reserved.Item, &taken); err != nil {
			return fmt.Errorf("reading whose the External ID is: %w", err)
		}
		return &TakenError{By: taken.Name}
	default:
		return err
	}
}

// DeleteOffer deletes the offer of that OfferID whose revision was seen, in one request. The reservation of its External ID
// stays: an External ID is never used again. For the provider only. An offer that is gone is success. Errors: ErrRevision,
// also for an offer of another OfferID.
func (s *Store) DeleteOffer(ctx context.Context, name, seenRevision, offerID string) error {
	c := absentOrThat(seenRevision, offerID)
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.table, Key: key(offerPrefix, name),
		ConditionExpression: &c.expression, ExpressionAttributeValues: c.values,
	}, again)
	if _, failed := errors.AsType[*types.ConditionalCheckFailedException](err); failed {
		err = ErrRevision
	}
	if err != nil {
		return fmt.Errorf("deleting the offer of onboarding %q: %w", name, err)
	}
	return nil
}

// RetireOffer is DeleteOffer unless the delivery that answers the offer has one of the statuses, decided in the same request.
// Errors: ErrStatus, also when the revision is wrong as well, ErrRevision.
func (s *Store) RetireOffer(ctx context.Context, name, seenRevision, offerID string, unless ...Status) error {
	c := absentOrThat(seenRevision, offerID)
	_, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{
			{Delete: &types.Delete{
				TableName: &s.table, Key: key(offerPrefix, name),
				ConditionExpression: &c.expression, ExpressionAttributeValues: c.values,
			}},
			{ConditionCheck: s.unless(name, offerID, unless)},
		},
	}, again)
	if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok && len(canceled.CancellationReasons) == 2 {
		switch codeCondition {
		case aws.ToString(canceled.CancellationReasons[1].Code):
			err = ErrStatus
		case aws.ToString(canceled.CancellationReasons[0].Code):
			err = ErrRevision
		}
	}
	if err != nil {
		return fmt.Errorf("deleting the offer of onboarding %q: %w", name, err)
	}
	return nil
}

func (s *Store) unless(name, offerID string, statuses []Status) *types.ConditionCheck {
	values := item{":offer": str(offerID)}
	in := make([]string, len(statuses))
	for i, status := range statuses {
		in[i] = fmt.Sprintf(":s%d", i)
		values[in[i]] = str(string(status))
	}
	return &types.ConditionCheck{
		TableName: &s.table, Key: key(deliveryPrefix, name),
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR offer_id <> :offer OR NOT #status IN (" + strings.Join(in, ", ") + ")"),
		ExpressionAttributeNames:  map[string]string{"#status": "status"},
		ExpressionAttributeValues: values,
	}
}

// PutDelivery writes a delivery over the one that was read, with the next revision, in one request. For the receiver
// only. A delivery equal to this one is success, as after a try whose answer was lost. Read again before the next
// write. Errors: ErrRevision.
func (s *Store) PutDelivery(ctx context.Context, d Delivery) error {
	c := absent()
	if d.Revision != 0 {
		c = unchanged(&types.AttributeValueMemberN{Value: strconv.FormatInt(d.Revision, 10)})
	}
	d.Revision++
	written, err := deliveryItem(d)
	if err != nil {
		return err
	}
	_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.table, Item: written,
		ConditionExpression: &c.expression, ExpressionAttributeValues: c.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, again)
	// A try that DynamoDB did carry out but whose answer was lost fails its own condition when it is repeated: then
	// the item there is the one we wrote.
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		if reflect.DeepEqual(failed.Item, written) {
			return nil
		}
		err = ErrRevision
	}
	if err != nil {
		return fmt.Errorf("writing the delivery of onboarding %q: %w", d.Name, err)
	}
	return nil
}

func (s *Store) put(it item, c condition) *types.Put {
	return &types.Put{
		TableName: &s.table, Item: it,
		ConditionExpression: &c.expression, ExpressionAttributeValues: c.values,
	}
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
