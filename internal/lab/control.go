package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Leftovers returns what the account still holds, by kind ("buckets", "stacks", "roles" and so on); empty when nothing
// is left. What the lab itself made does not count.
func (a *Account) Leftovers(tb testing.TB) map[string][]string {
	tb.Helper()
	left := map[string][]string{}
	if err := a.lab.control(tb.Context(), http.MethodGet, "/lab/leftovers?account="+a.ID, nil, &left); err != nil {
		tb.Fatal(err)
	}
	maps.DeleteFunc(left, func(_ string, names []string) bool { return len(names) == 0 })
	return left
}

// FireRule runs the targets of an EventBridge rule of the account now; nothing else ever does.
func (a *Account) FireRule(tb testing.TB, region, name string) {
	tb.Helper()
	a.fire(tb, map[string]string{"account": a.ID, "region": region, "rule": name})
}

// FireSchedule runs the target of an EventBridge Scheduler schedule of the account now; nothing else ever does.
func (a *Account) FireSchedule(tb testing.TB, region, name string) {
	tb.Helper()
	a.fire(tb, map[string]string{"account": a.ID, "region": region, "schedule": name})
}

func (a *Account) fire(tb testing.TB, what map[string]string) {
	tb.Helper()
	var answer struct{ Fired []string }
	if err := a.lab.control(tb.Context(), http.MethodPost, "/lab/fire", what, &answer); err != nil {
		tb.Fatal(err)
	}
	if len(answer.Fired) == 0 {
		tb.Fatalf("nothing was reached by firing %v", what)
	}
}

// SetRoleDelay makes new and changed roles known only after a while, as IAM does, for all accounts of the lab. It is for
// tests that do not run in parallel, or on a lab of their own.
func (l *Lab) SetRoleDelay(tb testing.TB, d time.Duration) {
	tb.Helper()
	if err := l.control(tb.Context(), http.MethodPost, "/lab/delay", map[string]float64{"role_delay_seconds": d.Seconds()}, nil); err != nil {
		tb.Fatal(err)
	}
}

// control calls one of the server's own endpoints, which are not part of AWS.
func (l *Lab) control(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("writing a request to the lab: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+l.serverAddress()+path, body)
	if err != nil {
		return fmt.Errorf("asking the lab: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := l.direct.Do(req)
	if err != nil {
		return fmt.Errorf("asking the lab: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // reading is over
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("reading the lab's answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return errors.New(method + " " + path + ": " + resp.Status + ": " + strings.TrimSpace(string(answer)))
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("reading the lab's answer: %w", err)
	}
	return nil
}
