package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// write is one of the four writes, in a table where an offer and a delivery are already.
type write struct {
	operation string
	do        func(ctx context.Context, s *registry.Store) error
	// foreign is a write that makes do fail with lost.
	foreign func(ctx context.Context, s *registry.Store) error
	lost    error
}

func writes() map[string]write {
	put := func(revision int64, reason string) func(context.Context, *registry.Store) error {
		return func(ctx context.Context, s *registry.Store) error {
			return s.PutDelivery(ctx, registry.Delivery{Name: "there", OfferID: "g1", Revision: revision, Reason: reason})
		}
	}
	update := func(revision, seen string) func(context.Context, *registry.Store) error {
		return func(ctx context.Context, s *registry.Store) error {
			return s.UpdateOffer(ctx, offer("there", "ID-1", revision), seen)
		}
	}
	return map[string]write{
		"create": {
			"TransactWriteItems",
			func(ctx context.Context, s *registry.Store) error {
				return s.CreateOffer(ctx, offer("new", "ID-2", "a:1"))
			},
			func(ctx context.Context, s *registry.Store) error {
				return s.UpdateOffer(ctx, offer("new", "ID-2", "b:2"), "a:1")
			},
			registry.ErrOfferExists,
		},
		"update": {"TransactWriteItems", update("a:2", "a:1"), update("b:3", "a:2"), registry.ErrRevision},
		"delete": {
			"DeleteItem",
			func(ctx context.Context, s *registry.Store) error { return s.DeleteOffer(ctx, "there", "a:1", "g1") },
			func(ctx context.Context, s *registry.Store) error {
				return s.CreateOffer(ctx, offer("there", "ID-1", "b:1"))
			},
			registry.ErrRevision,
		},
		"deliver": {"PutItem", put(1, "ours"), put(2, "theirs"), registry.ErrRevision},
	}
}

func newWriteFixture(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.create(t, offer("there", "ID-1", "a:1"))
	if err := f.store.PutDelivery(t.Context(), registry.Delivery{Name: "there", OfferID: "g1"}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) inject(t *testing.T, operation string, fault lab.Fault) {
	t.Helper()
	fault.AccountID, fault.Service, fault.Operation = f.account.ID, "dynamodb", operation
	t.Cleanup(f.lab.Inject(fault))
}

func (f *fixture) contents(t *testing.T) map[string]registry.Record {
	t.Helper()
	all, err := f.store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestStore_faults(t *testing.T) {
	t.Parallel()
	for name, w := range writes() {
		for fault, kind := range map[string]struct {
			kind         lab.Kind
			times, tries int
		}{
			"lost answer":      {lab.ResetAfter, 1, 2},
			"cut before":       {lab.ResetBefore, 1, 2},
			"internal error":   {lab.Status{Code: 500, ErrorCode: "InternalServerError"}, 1, 2},
			"throttled thrice": {lab.Throttle, 3, 4},
		} {
			t.Run(name+", "+fault, func(t *testing.T) {
				t.Parallel()
				calm := newWriteFixture(t)
				if err := w.do(t.Context(), calm.store); err != nil {
					t.Fatal(err)
				}
				f := newWriteFixture(t)
				f.inject(t, w.operation, lab.Fault{Kind: kind.kind, Times: kind.times})
				operations := f.operations(func() {
					if err := w.do(t.Context(), f.store); err != nil {
						t.Fatal(err)
					}
				})
				if len(operations) != kind.tries {
					t.Errorf("requests: %v", operations)
				}
				if diff := cmp.Diff(calm.contents(t), f.contents(t)); diff != "" {
					t.Errorf("not as without the fault: %s", diff)
				}
			})
		}
	}
}

// TestStore_lostAnswerThenForeignWrite: the answer is lost and somebody else writes before the second try, which must
// leave that write alone. DynamoDB knows a repeated transaction by its token and may call it a success, which the first
// try was.
func TestStore_lostAnswerThenForeignWrite(t *testing.T) {
	t.Parallel()
	for name, w := range writes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calm := newWriteFixture(t)
			if err := errors.Join(w.do(t.Context(), calm.store), w.foreign(t.Context(), calm.store)); err != nil {
				t.Fatal(err)
			}
			f := newWriteFixture(t)
			other := f.storeOf(f.cfg)
			var foreign error
			f.inject(t, w.operation, lab.Fault{Kind: lab.ResetAfter, Times: 1})
			f.inject(t, w.operation, lab.Fault{After: 1, Times: 1, Hook: func() { foreign = w.foreign(t.Context(), other) }})
			err := w.do(t.Context(), f.store)
			if foreign != nil {
				t.Fatal(foreign)
			}
			known := err == nil && w.operation == "TransactWriteItems"
			if !known && !errors.Is(err, w.lost) {
				t.Errorf("got %v, want %v", err, w.lost)
			}
			if diff := cmp.Diff(calm.contents(t), f.contents(t)); diff != "" {
				t.Errorf("the foreign write was touched: %s", diff)
			}
		})
	}
}

func TestStore_readFaults(t *testing.T) {
	t.Parallel()
	for operation, read := range map[string]func(context.Context, *registry.Store) (bool, error){
		"BatchGetItem": func(ctx context.Context, s *registry.Store) (bool, error) {
			r, err := s.Get(ctx, "there")
			return r.Offer != nil && r.Delivery != nil, err
		},
		"Scan": func(ctx context.Context, s *registry.Store) (bool, error) {
			all, err := s.List(ctx)
			return len(all) == 1, err
		},
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			f := newWriteFixture(t)
			f.inject(t, operation, lab.Fault{Kind: lab.Throttle, Times: 3})
			if whole, err := read(t.Context(), f.store); err != nil || !whole {
				t.Errorf("whole %v, error %v", whole, err)
			}
			f.inject(t, operation, lab.Fault{Kind: lab.Status{Code: 400, ErrorCode: "AccessDeniedException"}})
			if whole, err := read(t.Context(), f.store); err == nil || whole {
				t.Errorf("refused: whole %v, error %v", whole, err)
			}
		})
	}
}

func TestStore_partOfTheBatch(t *testing.T) {
	t.Parallel()
	f := newWriteFixture(t)
	keys, err := json.Marshal(map[string]any{"ConsistentRead": true, "Keys": []any{
		map[string]any{"pk": map[string]string{"S": "offer#there"}}, map[string]any{"pk": map[string]string{"S": "delivery#there"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	b := &between{status: 200, answer: `{"Responses":{},"UnprocessedKeys":{"` + f.tableARN + `":` + string(keys) + `}}`}
	got, err := f.storeBehind(b).Get(t.Context(), "there")
	if err != nil || got.Offer == nil || got.Delivery == nil || len(b.bodies) != 2 {
		t.Errorf("after %d requests: %+v, %v", len(b.bodies), got, err)
	}
}

func TestStore_conflicts(t *testing.T) {
	t.Parallel()
	cancel := func(offer, id string) string {
		return `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[` +
			`{"Code":"` + offer + `"},{"Code":"` + id + `"}]}`
	}
	conflict := `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"conflict"}`
	for name, row := range map[string]struct {
		write, answer string
		tries         int
		want          error
	}{
		"transaction in conflict": {"update", cancel("None", "TransactionConflict"), 2, nil},
		"transaction throttled":   {"create", cancel("None", "ThrottlingError"), 2, nil},
		"transaction refused":     {"create", cancel("None", "ConditionalCheckFailed"), 1, registry.ErrExternalIDTaken},
		"refused and in conflict": {"update", cancel("ConditionalCheckFailed", "TransactionConflict"), 1, registry.ErrRevision},
		"write in conflict":       {"deliver", conflict, 2, nil},
		"deletion in conflict":    {"delete", conflict, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newWriteFixture(t)
			b := &between{status: 400, answer: row.answer}
			err := writes()[row.write].do(t.Context(), f.storeBehind(b))
			if !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
			if len(b.bodies) != row.tries {
				t.Errorf("%d tries", len(b.bodies))
			}
		})
	}
}

// TestStore_token holds what makes a repeated transaction harmless at DynamoDB: all tries carry one token, and no two
// transactions the same.
func TestStore_token(t *testing.T) {
	t.Parallel()
	f := newWriteFixture(t)
	f.inject(t, "TransactWriteItems", lab.Fault{Kind: lab.ResetAfter, Times: 1})
	b := &between{}
	store := f.storeBehind(b)
	for _, name := range []string{"create", "update"} {
		if err := writes()[name].do(t.Context(), store); err != nil {
			t.Fatal(err)
		}
	}
	var tokens []string
	for _, body := range b.bodies {
		var sent struct{ ClientRequestToken string }
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, sent.ClientRequestToken)
	}
	if len(tokens) != 3 || tokens[0] == "" || tokens[0] != tokens[1] || tokens[2] == tokens[0] {
		t.Errorf("tokens: %q", tokens)
	}
}
