package lab

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Request is one request as the proxy saw it. Query strings are never kept: presigned URLs carry their signature there.
type Request struct {
	// Time is when the request's head had arrived.
	Time time.Time
	// AccountID is the account of the signing key; empty for unsigned requests.
	AccountID string
	// Service is the name requests are signed for: "s3", "sts", "dynamodb", "sns", "lambda", "cloudformation", "iam",
	// "sqs", "scheduler", "logs", "monitoring" and so on. Empty for a refused host.
	Service string
	// Operation is the API operation, such as "PutObject"; empty when it is not known.
	Operation string
	// Region is the signature's region, or the host's for unsigned requests.
	Region string
	// Host is the asked host, without a port.
	Host   string
	Method string
	// Path is percent-encoded as it was sent.
	Path string
	// Status is the HTTP status answered; 0 while there is none, and for ever when the connection was cut.
	Status int
	// Injected says that a fault answered, delayed or cut this request.
	Injected bool
}

// Filter selects requests; what is left empty matches everything.
type Filter struct {
	AccountID, Service, Operation string
	// Since leaves out what arrived before it.
	Since time.Time
}

type logEntry struct {
	Request
	broken   string
	reported bool
}

// requestLog keeps every request of a lab's life, in order of arrival.
type requestLog struct {
	mu      sync.Mutex
	entries []*logEntry
}

func (l *requestLog) add(r Request) *logEntry {
	r.Time = time.Now()
	e := &logEntry{Request: r}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	return e
}

// finish notes the status. It is called before the client sees the answer, so that a test that has its answer finds
// it in the log.
func (l *requestLog) finish(e *logEntry, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Status = status
}

func (l *requestLog) markBroken(e *logEntry, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.broken = why
}

func (l *requestLog) find(f Filter) []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Request
	for _, e := range l.entries {
		if f.matches(e.Request) {
			out = append(out, e.Request)
		}
	}
	return out
}

func (f Filter) matches(r Request) bool {
	return (f.AccountID == "" || f.AccountID == r.AccountID) &&
		(f.Service == "" || f.Service == r.Service) &&
		(f.Operation == "" || f.Operation == r.Operation) &&
		!r.Time.Before(f.Since)
}

// takeBroken returns what the lab could not do and has not been told yet: for one of the given accounts, or for
// all when none is given.
func (l *requestLog) takeBroken(accountIDs ...string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, e := range l.entries {
		if e.broken == "" || e.reported || len(accountIDs) > 0 && !slices.Contains(accountIDs, e.AccountID) {
			continue
		}
		e.reported = true
		out = append(out, fmt.Sprintf("%s %s by account %q (%s %s%s): %s", e.Service, e.Operation, e.AccountID, e.Method, e.Host, e.Path, e.broken))
	}
	return out
}
