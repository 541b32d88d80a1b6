package registry

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// maxKeys is how many items DynamoDB reads in one request
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html).
const maxKeys = 100

// Pages reads all onboardings that have an offer, strongly consistent, one page of the registry after the other, so that
// whoever has enough need not read the rest. A page goes through size items, of which an onboarding has two to four, or
// through the megabyte that DynamoDB reads at most; with 0 through that megabyte. Within a page they are in order of
// their names. It ends with the first error.
func (s *Store) Pages(ctx context.Context, size int32) iter.Seq2[[]Record, error] {
	in := &dynamodb.ScanInput{
		TableName: &s.table, ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("begins_with(#key, :offer)"),
		ExpressionAttributeNames:  map[string]string{"#key": keyName},
		ExpressionAttributeValues: item{":offer": str(offerPrefix)},
	}
	if size > 0 {
		in.Limit = &size
	}
	return func(yield func([]Record, error) bool) {
		for pages := dynamodb.NewScanPaginator(s.client, in); pages.HasMorePages(); {
			var records []Record
			page, err := pages.NextPage(ctx)
			if err == nil {
				records, err = s.withDeliveries(ctx, page.Items)
			}
			if err != nil {
				yield(nil, s.readError("", err))
				return
			}
			if !yield(records, nil) {
				return
			}
		}
	}
}

// withDeliveries adds what came back to the offers.
func (s *Store) withDeliveries(ctx context.Context, offers []item) ([]Record, error) {
	found := map[string]Record{}
	if err := collect(offers, found); err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(found))
	for part := range slices.Chunk(names, maxKeys) {
		var keys []item
		for _, name := range part {
			keys = append(keys, key(deliveryPrefix, name))
		}
		if err := s.read(ctx, keys, found); err != nil {
			return nil, err
		}
	}
	records := make([]Record, 0, len(names))
	for _, name := range names {
		records = append(records, found[name])
	}
	return records, nil
}

// read adds the items of these keys, strongly consistent, to the records that they belong to.
func (s *Store) read(ctx context.Context, keys []item, into map[string]Record) error {
	asked := map[string]types.KeysAndAttributes{s.table: {ConsistentRead: aws.Bool(true), Keys: keys}}
	for try := 0; len(asked) > 0; try++ {
		if err := pause(ctx, try); err != nil {
			return err
		}
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: asked})
		if err != nil {
			return err
		}
		for _, items := range out.Responses {
			if err := collect(items, into); err != nil {
				return err
			}
		}
		asked = out.UnprocessedKeys
	}
	return nil
}
