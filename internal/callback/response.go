package callback

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	smithytime "github.com/aws/smithy-go/time"
)

// Status is how a request ended.
type Status string

// The two answers that CloudFormation knows.
const (
	Success Status = "SUCCESS"
	Failed  Status = "FAILED"
)

// Response is the answer to a request.
type Response struct {
	Status Status
	// Reason is for the customer: what happened and what to do. Needed when Status is Failed.
	Reason             string
	PhysicalResourceID string
}

// maxResponse is the longest answer that CloudFormation takes, in bytes
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html).
const maxResponse = 4096

// longestEscape is how many bytes one of a reason may become in JSON.
const longestEscape = 6

// PhysicalID is the physical id of the request's resource: what the stack knows it by already, or else one that is the
// same each time for the onboarding, the stack and the resource. Another one would make CloudFormation delete the
// resource that it believes was replaced.
func (r *Request) PhysicalID() string {
	if r.PhysicalResourceID != "" {
		return r.PhysicalResourceID
	}
	sum := sha256.Sum256([]byte(r.Properties.OnboardingName + "|" + r.StackID + "|" + r.LogicalResourceID))
	return "xrole-" + hex.EncodeToString(sum[:16])
}

// body encodes the answer; the reason is cut so that all fits.
func (r *Request) body(resp Response) ([]byte, error) {
	reason := resp.Reason
	for {
		var raw bytes.Buffer
		encoder := json.NewEncoder(&raw)
		encoder.SetEscapeHTML(false) // nobody shows it in a page, and each escape costs room
		if err := encoder.Encode(map[string]string{
			"Status": string(resp.Status), "Reason": reason, "PhysicalResourceId": resp.PhysicalResourceID,
			"StackId": r.StackID, "RequestId": r.RequestID, "LogicalResourceId": r.LogicalResourceID,
		}); err != nil {
			return nil, fmt.Errorf("encoding the answer: %w", err)
		}
		over := raw.Len() - maxResponse
		if over <= 0 {
			return raw.Bytes(), nil
		}
		if reason == "" {
			return nil, fmt.Errorf("the answer has %d bytes, CloudFormation takes %d", raw.Len(), maxResponse)
		}
		reason = cut(reason, len(reason)-max(1, over/longestEscape))
	}
}

func cut(s string, n int) string {
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// RefusedError says that S3 took the request for the answer and refused it: the URL has ended, most likely since the
// stack no longer waits. Trying again does not help.
type RefusedError struct{ Code int }

// Error names the HTTP status.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("the answer was refused with HTTP status %d", e.Code)
}

// Answerer sends answers.
type Answerer struct {
	client *http.Client
	pause  func(ctx context.Context, d time.Duration) error
}

const (
	tries     = 5
	firstWait = 200 * time.Millisecond
)

// NewAnswerer returns an Answerer that uses the client's transport and follows no redirect.
func NewAnswerer(client *http.Client) *Answerer {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if own.Timeout == 0 {
		own.Timeout = 10 * time.Second
	}
	return &Answerer{client: &own, pause: smithytime.SleepWithContext}
}

// Put sends the answer to where Parse found that it may go, and tries again on lost connections and server errors
// until ctx ends. A *RefusedError is final. No error holds the URL.
func (a *Answerer) Put(ctx context.Context, r *Request, resp Response) error {
	body, err := r.body(resp)
	if err != nil {
		return err
	}
	wait := firstWait
	for n := 1; ; n++ {
		again, err := a.try(ctx, r.responseURL, body)
		if err == nil || !again || n == tries {
			return err
		}
		if a.pause(ctx, wait) != nil {
			return err
		}
		wait *= 2
	}
}

func (a *Answerer) try(ctx context.Context, to *url.URL, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to.String(), bytes.NewReader(body))
	if err != nil {
		return false, errors.New("making the request for the answer failed")
	}
	// The URL signs no content type, and S3 refuses one that it did not sign.
	req.Header["Content-Type"] = []string{""}
	resp, err := a.client.Do(req)
	if err != nil {
		if hidden, ok := errors.AsType[*url.Error](err); ok {
			err = hidden.Err
		}
		return true, fmt.Errorf("sending the answer: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be kept
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode >= 500:
		return true, fmt.Errorf("sending the answer: HTTP status %d", resp.StatusCode)
	case resp.StatusCode >= 300:
		return false, &RefusedError{Code: resp.StatusCode}
	default:
		return false, nil
	}
}
