package callback_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
)

// bucket stands for S3: a transport that answers, so that the real host name is asked for.
type bucket struct {
	answers []answer
	bodies  []string
	seen    []*http.Request
}

func (b *bucket) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	b.bodies, b.seen = append(b.bodies, string(raw)), append(b.seen, req)
	say := b.answers[min(len(b.bodies), len(b.answers))-1]
	return say(req)
}

// answer is what the bucket says to a request; the code under test closes its body.
type answer func(*http.Request) (*http.Response, error)

func status(code int, header ...string) answer {
	return func(req *http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req}
		if len(header) == 2 {
			resp.Header.Set(header[0], header[1])
		}
		return resp, nil
	}
}

func lost(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") }

func put(t *testing.T, b *bucket, resp callback.Response) error {
	t.Helper()
	r, err := callback.Parse(topic, message(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	a := callback.NewAnswerer(&http.Client{Transport: b})
	callback.SetPause(a, func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
	return a.Put(t.Context(), r, resp)
}

func TestAnswerer(t *testing.T) {
	t.Parallel()
	b := &bucket{answers: []answer{status(200)}}
	if err := put(t, b, callback.Response{Status: callback.Failed, Reason: "Sign in elsewhere.", PhysicalResourceID: "xrole-1"}); err != nil {
		t.Fatal(err)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte(b.bodies[0]), &body); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Status": "FAILED", "Reason": "Sign in elsewhere.", "PhysicalResourceId": "xrole-1", "StackId": stackID, "RequestId": requestID, "LogicalResourceId": "Callback",
	}
	for name, value := range want {
		if body[name] != value {
			t.Errorf("%s is %q, not %q", name, body[name], value)
		}
	}
	sent := b.seen[0]
	if values, set := sent.Header["Content-Type"]; !set || len(values) != 1 {
		t.Errorf("the content type is %q, not one that is empty", values)
	}
	if sent.Method != http.MethodPut || sent.URL.Host != host || sent.Header.Get("Content-Type") != "" || sent.URL.RawQuery != strings.TrimPrefix(query, "?") {
		t.Errorf("sent as %s to %s with content type %q", sent.Method, sent.URL.Host, sent.Header.Get("Content-Type"))
	}
}

func TestAnswerer_triesAgain(t *testing.T) {
	t.Parallel()
	b := &bucket{answers: []answer{lost, status(503), status(200)}}
	if err := put(t, b, callback.Response{Status: callback.Success, PhysicalResourceID: "x"}); err != nil || len(b.bodies) != 3 {
		t.Errorf("after %d tries: %v", len(b.bodies), err)
	}
	b = &bucket{answers: []answer{lost}}
	err := put(t, b, callback.Response{Status: callback.Success, PhysicalResourceID: "x"})
	if err == nil || len(b.bodies) != 5 {
		t.Errorf("a bucket that is never there: %d tries, %v", len(b.bodies), err)
	}
	if strings.Contains(err.Error(), "very-secret") || strings.Contains(err.Error(), "X-Amz") {
		t.Errorf("the error holds the query: %v", err)
	}
}

// A response host that redirects must not lead the receiver anywhere, and a URL that has ended is not tried again.
func TestAnswerer_final(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]answer{
		"redirect":  status(307, "Location", "https://attacker.example/"),
		"moved":     status(301, "Location", "https://attacker.example/"),
		"see other": status(303, "Location", "https://attacker.example/"),
		"ended":     status(403),
		"malformed": status(400),
	} {
		b := &bucket{answers: []answer{say}}
		err := put(t, b, callback.Response{Status: callback.Success, PhysicalResourceID: "x"})
		var refused *callback.RefusedError
		if !errors.As(err, &refused) || len(b.bodies) != 1 {
			t.Errorf("%s: %d requests, %v", name, len(b.bodies), err)
		}
	}
}

// Whatever a request carries, the answer to it fits.
func TestAnswerer_anyPhysicalID(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{
		"plain": strings.Repeat("x", 1024), "markup": strings.Repeat("<", 1024), "quotes": strings.Repeat(`"`, 1024),
		"separators": strings.Repeat("\u2028", 341), "broken": strings.Repeat("\xff", 341),
	} {
		r, err := callback.Parse(topic, message(t, map[string]any{"RequestType": "Delete", "PhysicalResourceId": id}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if raw, err := callback.Body(r, callback.Response{Status: callback.Failed, Reason: "x", PhysicalResourceID: r.PhysicalID()}); err != nil || len(raw) > 4096 {
			t.Errorf("%s: %d bytes, %v", name, len(raw), err)
		}
	}
}

// The end of the function's time ends the tries.
func TestAnswerer_ends(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := &bucket{answers: []answer{func(*http.Request) (*http.Response, error) {
		cancel()
		return nil, errors.New("connection reset")
	}}}
	r, err := callback.Parse(topic, message(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	err = callback.NewAnswerer(&http.Client{Transport: b}).Put(ctx, r, callback.Response{Status: callback.Success, PhysicalResourceID: "x"})
	if err == nil || len(b.bodies) != 1 {
		t.Errorf("%d tries, %v", len(b.bodies), err)
	}
}

// CloudFormation takes 4,096 bytes and not one more.
func TestAnswerer_length(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]string{
		"short": "x", "long": strings.Repeat("x", 9000), "wide": strings.Repeat("ü€𝄞", 3000), "escaped": strings.Repeat("\"\n<", 3000),
	} {
		b := &bucket{answers: []answer{status(200)}}
		if err := put(t, b, callback.Response{Status: callback.Failed, Reason: reason, PhysicalResourceID: "xrole-1"}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var body struct{ Reason string }
		if err := json.Unmarshal([]byte(b.bodies[0]), &body); err != nil || len(b.bodies[0]) > 4096 {
			t.Errorf("%s: %d bytes, %v", name, len(b.bodies[0]), err)
		}
		if !strings.HasPrefix(reason, body.Reason) || body.Reason == "" {
			t.Errorf("%s: the reason was cut to %q", name, body.Reason)
		}
	}
	b := &bucket{answers: []answer{status(200)}}
	if err := put(t, b, callback.Response{Status: callback.Success, PhysicalResourceID: strings.Repeat("x", 5000)}); err == nil || len(b.bodies) != 0 {
		t.Errorf("an answer that cannot fit was sent: %v", err)
	}
}
