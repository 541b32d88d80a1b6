package registry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Store is the registry's table. Its errors keep the API's error: a missing table is one for which awsapi.IsNotFound
// holds, never an empty answer.
type Store struct {
	client *dynamodb.Client
	table  string
}

// NewStore returns the registry in the table of that ARN. Requests name the table by its ARN, so that credentials of
// another account fail instead of finding a table of the same name there. The client must be of the table's region.
func NewStore(c *dynamodb.Client, tableARN string) *Store {
	return &Store{client: c, table: tableARN}
}

// ReadError says what of which registry could not be read.
type ReadError struct {
	// Table is the table as the store was given it, Region where it was looked for.
	Table, Region string
	// Name is the onboarding that was read; empty if the registry as a whole was.
	Name string
	Err  error
}

// Error names the onboarding, or the registry as a whole.
func (e *ReadError) Error() string {
	what := "the registry"
	if e.Name != "" {
		what = fmt.Sprintf("onboarding %q from the registry", e.Name)
	}
	return "reading " + what + ": " + e.Err.Error()
}

// Unwrap returns the API's error.
func (e *ReadError) Unwrap() error { return e.Err }

func (s *Store) readError(name string, err error) error {
	return &ReadError{Table: s.table, Region: s.client.Options().Region, Name: name, Err: err}
}

// Get reads what the registry holds of one onboarding, strongly consistent, in one request. What is not there is nil
// in the record and no error.
func (s *Store) Get(ctx context.Context, name string) (Record, error) {
	found := map[string]Record{}
	if err := s.read(ctx, []item{key(offerPrefix, name), key(deliveryPrefix, name)}, found); err != nil {
		return Record{}, s.readError(name, err)
	}
	return found[name], nil
}

// List reads the whole registry by name, strongly consistent, in one request for each megabyte. It leaves out
// Offer.TemplateBody, which is the most of what thousands of offers hold and which only Get's callers need.
func (s *Store) List(ctx context.Context) (map[string]Record, error) {
	found := map[string]Record{}
	pages := dynamodb.NewScanPaginator(s.client, &dynamodb.ScanInput{TableName: &s.table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.readError("", err)
		}
		for _, it := range page.Items {
			delete(it, templateName)
		}
		if err := collect(page.Items, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// maxDue is how many deliveries one run of the schedule finds. The rest is due at the next run, five minutes later.
const maxDue = 500

// Due returns the names of the deliveries that must be looked at by now, the longest overdue first, maxDue at most, in
// one request. For the receiver only. It may miss what was written within the last second.
func (s *Store) Due(ctx context.Context, now time.Time) ([]string, error) {
	out, err := s.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.table, IndexName: aws.String(dueIndex), Limit: aws.Int32(maxDue),
		KeyConditionExpression:    aws.String("#due = :due AND #at <= :now"),
		ExpressionAttributeNames:  map[string]string{"#due": dueName, "#at": dueAtName},
		ExpressionAttributeValues: item{":due": str(dueValue), ":now": str(now.UTC().Format(dueFormat))},
	})
	if err != nil {
		return nil, fmt.Errorf("finding what is due in the registry: %w", err)
	}
	var names []string
	for _, it := range out.Items {
		if pk, ok := it[keyName].(*types.AttributeValueMemberS); ok {
			if name, ok := strings.CutPrefix(pk.Value, deliveryPrefix); ok {
				names = append(names, name)
			}
		}
	}
	return names, nil
}
