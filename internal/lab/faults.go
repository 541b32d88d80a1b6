package lab

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong on the way. What is left empty matches every request.
type Fault struct {
	AccountID, Service, Operation, Host string
	// Path matches a part of the request's path.
	Path string
	// After lets so many matching requests pass first.
	After int
	// Times ends the fault after so many hits; 0 leaves it until it is removed.
	Times int
	// Kind is what happens: Status, Throttle, ResetBefore, ResetAfter, CutAnswer, Delay or Hang. Nil leaves the request alone,
	// for a fault that is only a Hook.
	Kind Kind
	// Hook is called at each hit, before anything is sent on; the request waits for it. It may make requests itself.
	Hook func()
}

// Kind is what a Fault does to a request.
type Kind interface{ apply(c *call) }

// hit is what the faults say about one request.
type hit struct {
	kind  Kind
	hooks []func()
	gone  <-chan struct{}
}

type armed struct {
	Fault
	seen int
	gone chan struct{}
}

type faults struct {
	mu      sync.Mutex
	list    []*armed
	latency time.Duration
	closed  chan struct{}
	once    sync.Once
}

func newFaults() *faults { return &faults{closed: make(chan struct{})} }

// inject arms a fault until remove is called.
func (f *faults) inject(fault Fault) (remove func()) {
	a := &armed{Fault: fault, gone: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, a)
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.list = slices.DeleteFunc(f.list, func(b *armed) bool { return a == b })
		close(a.gone)
	})
}

// match counts the request at every fault it matches and returns all their hooks and the first one's kind.
func (f *faults) match(r Request) hit {
	f.mu.Lock()
	defer f.mu.Unlock()
	var h hit
	for _, a := range f.list {
		if !a.matches(r) {
			continue
		}
		if a.Kind != nil && h.kind != nil {
			continue
		}
		a.seen++
		if a.seen <= a.After || a.Times > 0 && a.seen > a.After+a.Times {
			continue
		}
		if a.Hook != nil {
			h.hooks = append(h.hooks, a.Hook)
		}
		if a.Kind != nil {
			h.kind, h.gone = a.Kind, a.gone
		}
	}
	return h
}

func (a *armed) matches(r Request) bool {
	return (a.AccountID == "" || a.AccountID == r.AccountID) &&
		(a.Service == "" || a.Service == r.Service) &&
		(a.Operation == "" || a.Operation == r.Operation) &&
		(a.Host == "" || a.Host == r.Host) &&
		strings.Contains(r.Path, a.Path)
}

func (f *faults) setLatency(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latency = d
}

func (f *faults) delay() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latency
}

// wait returns nil after d, or an error when the client or the lab has gone before.
func (f *faults) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // only its presence counts
	case <-f.closed:
		return http.ErrServerClosed
	}
}

func (f *faults) close() { f.once.Do(func() { close(f.closed) }) }
