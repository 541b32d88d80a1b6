package onboarding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// NotFoundError says that the registry holds no such onboarding.
type NotFoundError struct{ Name string }

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("the registry holds no onboarding %q", e.Name)
}

// WaitError says that a status was not reached in time, and which one was.
type WaitError struct {
	Name   string
	Wanted registry.Status
	Last   registry.Status
	Reason string
	// Interrupted is set when the waiting was broken off before its time was over.
	Interrupted bool
}

func (e *WaitError) Error() string {
	return fmt.Sprintf("onboarding %q is %s, not %s", e.Name, e.Last, e.Wanted)
}

// Waiter waits for an onboarding to reach a status.
type Waiter struct {
	Registry *registry.Store
	// Verify asks the receiver to prove a role that was delivered but could not be proven at once.
	Verify func(ctx context.Context, name string) error
	// Interval is the pause between two reads.
	Interval time.Duration
}

// verifyEvery is how many reads are between two requests to prove a delivered role.
const verifyEvery = 6

// Wait reads until the onboarding has the status or ctx ends. A name that is not in the registry is an error at once.
// Errors: *NotFoundError, *WaitError, and what the requests return.
func (w *Waiter) Wait(ctx context.Context, name string, wanted registry.Status) (registry.Record, error) {
	var last registry.Record
	for n := 0; ; n++ {
		rec, err := w.Registry.Get(ctx, name)
		switch {
		case err != nil && ctx.Err() != nil && last.Offer != nil:
			return last, waitError(ctx, name, wanted, last)
		case err != nil:
			return rec, err
		case rec.Offer == nil:
			return rec, &NotFoundError{Name: name}
		case rec.Status() == wanted:
			return rec, nil
		}
		last = rec
		if rec.Status() == registry.Delivered && n%verifyEvery == 0 {
			if err := w.Verify(ctx, name); err != nil && ctx.Err() == nil {
				return rec, err
			}
		}
		select {
		case <-ctx.Done():
			return last, waitError(ctx, name, wanted, last)
		case <-time.After(w.Interval):
		}
	}
}

func waitError(ctx context.Context, name string, wanted registry.Status, rec registry.Record) error {
	e := &WaitError{Name: name, Wanted: wanted, Last: rec.Status(), Interrupted: errors.Is(ctx.Err(), context.Canceled)}
	if d := rec.Current(); d != nil {
		e.Reason = d.Reason
	}
	return e
}
