package registry

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// What tests of the format need to see.
var (
	OfferItem    = offerItem
	DeliveryItem = deliveryItem
	SizeOf       = sizeOf
)

// StoredTypes are what the items are made from, by the names that the package's comment gives them.
func StoredTypes() map[string]any {
	return map[string]any{"offer": storedOffer{}, "external-id": reservation{}, "delivery": storedDelivery{}}
}

// Collect parses items into records by name.
func Collect(items ...map[string]types.AttributeValue) (map[string]Record, error) {
	found := map[string]Record{}
	return found, collect(items, found)
}

// Events are all of them.
func Events() []Event {
	return []Event{Claimed, Withdrawn, Refused, Proved, Loosened, Left, Gone}
}

// MaxDue is how many names Due returns at most.
const MaxDue = maxDue
