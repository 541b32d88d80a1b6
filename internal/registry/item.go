package registry

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Schema is the number of the format this package reads and writes.
const Schema = 1

// MaxItemSize is what DynamoDB lets one item hold, names included, in bytes
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
const MaxItemSize = 400 * 1024

// maxTemplate bounds what is unpacked: CloudFormation takes templates of 1 MB at most.
const maxTemplate = 4 << 20

const (
	keyName        = "pk"
	offerPrefix    = "offer#"
	deliveryPrefix = "delivery#"
	idPrefix       = "external-id#"
	templateName   = "template_body"
	// dueIndex finds the deliveries to look at again: they alone have dueName, which is always dueValue, and dueAtName.
	dueIndex  = "due"
	dueName   = "due"
	dueAtName = "due_at"
	dueValue  = "check"
	// dueFormat sorts as time does.
	dueFormat = "2006-01-02T15:04:05Z"
)

// TooLargeError says that an item would not fit DynamoDB's limit.
type TooLargeError struct {
	Name string
	// Size is of the item, Template of the template in it and Packed of that template after gzip, in bytes.
	Size, Template, Packed int
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the registry entry of onboarding %q would have %d bytes, DynamoDB takes %d: its template has %d bytes, %d after compression",
		e.Name, e.Size, MaxItemSize, e.Template, e.Packed)
}

// SchemaError says that an item was written in a format of the future.
type SchemaError struct {
	Key    string
	Schema int
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("registry item %q has format %d, this version of xrole knows %d: use a newer one", e.Key, e.Schema, Schema)
}

type item = map[string]types.AttributeValue

type header struct {
	Key    string `dynamodbav:"pk"`
	Schema int    `dynamodbav:"schema"`
}

type storedOffer struct {
	header
	Offer
	Inputs   string `dynamodbav:"inputs,omitempty"`
	Template []byte `dynamodbav:"template_body,omitempty"`
}

type storedDelivery struct {
	header
	Delivery
	Due   string `dynamodbav:"due,omitempty"`
	DueAt string `dynamodbav:"due_at,omitempty"`
}

type reservation struct {
	header
	Name string `dynamodbav:"onboarding"`
}

func offerItem(o Offer) (item, error) {
	packed, err := pack(o.TemplateBody)
	if err != nil {
		return nil, err
	}
	it, err := marshal(storedOffer{
		header: header{offerPrefix + o.Name, Schema}, Offer: o, Inputs: string(o.Inputs), Template: packed,
	})
	if err != nil {
		return nil, err
	}
	if size := sizeOf(it); size > MaxItemSize {
		return nil, &TooLargeError{Name: o.Name, Size: size, Template: len(o.TemplateBody), Packed: len(packed)}
	}
	return it, nil
}

func deliveryItem(d Delivery) (item, error) {
	stored := storedDelivery{header: header{deliveryPrefix + d.Name, Schema}, Delivery: d}
	if !d.DueAt.IsZero() {
		stored.Due, stored.DueAt = dueValue, d.DueAt.UTC().Format(dueFormat)
	}
	it, err := marshal(stored)
	if err != nil {
		return nil, err
	}
	if size := sizeOf(it); size > MaxItemSize {
		return nil, &TooLargeError{Name: d.Name, Size: size}
	}
	return it, nil
}

func reservationItem(o Offer) (item, error) {
	return marshal(reservation{header: header{idPrefix + o.ExternalID, Schema}, Name: o.Name})
}

func key(prefix, name string) item {
	return item{keyName: &types.AttributeValueMemberS{Value: prefix + name}}
}

// collect adds items to the records they belong to; reservations belong to none.
func collect(items []item, into map[string]Record) error {
	for _, it := range items {
		var h header
		if err := attributevalue.UnmarshalMap(it, &h); err != nil {
			return err
		}
		if h.Schema > Schema {
			return &SchemaError{Key: h.Key, Schema: h.Schema}
		}
		if err := add(h.Key, it, into); err != nil {
			return fmt.Errorf("decoding registry item %q: %w", h.Key, err)
		}
	}
	return nil
}

func add(pk string, it item, into map[string]Record) error {
	if name, ok := strings.CutPrefix(pk, offerPrefix); ok {
		offer, err := parseOffer(it)
		r := into[name]
		r.Offer = offer
		into[name] = r
		return err
	}
	if name, ok := strings.CutPrefix(pk, deliveryPrefix); ok {
		delivery, err := parseDelivery(it)
		r := into[name]
		r.Delivery = delivery
		into[name] = r
		return err
	}
	return nil
}

func parseDelivery(it item) (*Delivery, error) {
	var stored storedDelivery
	if err := attributevalue.UnmarshalMap(it, &stored); err != nil {
		return nil, err
	}
	if stored.DueAt != "" {
		at, err := time.Parse(dueFormat, stored.DueAt)
		if err != nil {
			return nil, err
		}
		stored.Delivery.DueAt = at
	}
	return &stored.Delivery, nil
}

func parseOffer(it item) (*Offer, error) {
	var stored storedOffer
	if err := attributevalue.UnmarshalMap(it, &stored); err != nil {
		return nil, err
	}
	body, err := unpack(stored.Template)
	if err != nil {
		return nil, err
	}
	offer := stored.Offer
	offer.TemplateBody = body
	if stored.Inputs != "" {
		offer.Inputs = []byte(stored.Inputs)
	}
	return &offer, nil
}

func marshal(v any) (item, error) {
	return attributevalue.MarshalMapWithOptions(v, func(o *attributevalue.EncoderOptions) {
		o.OmitEmptyTime = true
		o.EncodeTime = func(t time.Time) (types.AttributeValue, error) {
			return &types.AttributeValueMemberS{Value: t.UTC().Format(time.RFC3339Nano)}, nil
		}
	})
}

func pack(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, s); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(packed []byte) (string, error) {
	if len(packed) == 0 {
		return "", nil
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", fmt.Errorf("unpacking the template: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(r, maxTemplate+1))
	if err != nil {
		return "", fmt.Errorf("unpacking the template: %w", err)
	}
	if len(body) > maxTemplate {
		return "", errors.New("unpacking the template: it is larger than any template may be")
	}
	return string(body), nil
}

// sizeOf is DynamoDB's measure of an item: names and values, with a few bytes for each list, map and number
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). Numbers, of which
// there are few, are counted at their longest.
func sizeOf(it item) int {
	size := 0
	for name, value := range it {
		size += len(name) + sizeOfValue(value)
	}
	return size
}

func sizeOfValue(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberL:
		size := 3
		for _, element := range v.Value {
			size += 1 + sizeOfValue(element)
		}
		return size
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + sizeOf(v.Value)
	default:
		return 21
	}
}
