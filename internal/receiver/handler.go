package receiver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// Store is the registry as the receiver needs it.
type Store interface {
	Get(ctx context.Context, name string) (registry.Record, error)
	PutDelivery(ctx context.Context, d registry.Delivery) error
	Due(ctx context.Context, now time.Time) ([]string, error)
}

// Checker proves roles.
type Checker interface {
	Check(ctx context.Context, patience time.Duration, roleARN string, externalIDs ...string) (trust.Result, error)
	Gone(ctx context.Context, roleARN string, externalIDs ...string) (bool, error)
}

// Answerer answers stacks.
type Answerer interface {
	Put(ctx context.Context, r *callback.Request, resp callback.Response) error
}

// Bus is told of changes of status.
type Bus interface {
	Tell(ctx context.Context, d registry.Delivery) error
}

// Handler handles invocations. It is safe for concurrent use.
type Handler struct {
	Store    Store
	Checker  Checker
	Answerer Answerer
	// Bus may be nil.
	Bus Bus
	Log *slog.Logger
	Now func() time.Time
	// Recheck is after how long a role that was proven is proven again.
	Recheck time.Duration
	// AccountID is the partner's own; TopicName is the callback topics', the same in every region.
	AccountID string
	TopicName string
}

// invocation is one of the three things that the function is asked.
type invocation struct {
	Records []events.SNSEventRecord `json:"Records"`
	Verify  *struct {
		Name string `json:"name"`
	} `json:"verify"`
	Schedule *struct{} `json:"schedule"`
}

// Handle handles one invocation. An error makes Lambda keep an event: it tries again twice and then puts it in the
// on-failure queue.
func (h *Handler) Handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var in invocation
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, errors.New("the event is of no known kind")
	}
	switch {
	case in.Schedule != nil && in.Verify == nil && len(in.Records) == 0:
		return h.settle(ctx)
	case in.Verify != nil && in.Schedule == nil && len(in.Records) == 0:
		return h.verify(ctx, in.Verify.Name)
	case in.Verify == nil && in.Schedule == nil && len(in.Records) == 1:
		return nil, h.deliver(ctx, in.Records[0].SNS)
	default:
		return nil, fmt.Errorf("the event is of no known kind (%d records)", len(in.Records))
	}
}

// outcome is what a delivery came to.
type outcome struct {
	response callback.Response
	// status is the onboarding's afterwards, for the log.
	status registry.Status
	// note is why, for the log; it never goes to the customer.
	note string
	// claimed is what was recorded of a stack that is not proven, if that is all that was.
	claimed *claimed
}

func (h *Handler) deliver(ctx context.Context, message events.SNSEntity) error {
	if !h.ownTopic(message.TopicArn) {
		h.Log.ErrorContext(ctx, "refused", "event", "foreign_topic", "sns_message_id", message.MessageID)
		return nil
	}
	req, parseErr := callback.Parse(message.TopicArn, message.Message)
	if req == nil {
		event := "bad_message"
		if errors.Is(parseErr, callback.ErrResponseURL) {
			event = "bad_response_url"
		}
		h.Log.ErrorContext(ctx, "refused", "event", event, "sns_message_id", message.MessageID, "error", parseErr.Error())
		return nil
	}
	req.SentAt = message.Timestamp
	if now := h.Now(); req.SentAt.After(now) {
		req.SentAt = now // SNS dates nothing ahead; whoever may invoke the function could, and so outdate what is to come
	}
	work, cancel := h.reserving(ctx, answerIn)
	out, err := h.decideSafely(work, req, parseErr)
	cancel()
	if err != nil {
		// Ours, not the customer's. The event is kept and recorded by a later try.
		out.response = succeed(req)
	}
	sendErr := h.Answerer.Put(ctx, req, out.response)
	if err == nil && sendErr == nil && out.claimed != nil {
		h.answeredFor(ctx, *out.claimed)
	}
	h.logDelivery(ctx, req, out, err, sendErr)
	if _, ok := errors.AsType[*callback.RefusedError](sendErr); ok {
		sendErr = nil // the stack no longer waits
	}
	return errors.Join(err, sendErr)
}

// decideSafely turns a panic into an error, so that the stack is answered all the same.
func (h *Handler) decideSafely(ctx context.Context, req *callback.Request, parseErr error) (out outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = outcome{}, fmt.Errorf("panic: %v", p)
		}
	}()
	return h.decide(ctx, req, parseErr)
}

const (
	// answerIn and recordIn are what is kept of the function's time for the answer, and before that for the record.
	answerIn = 12 * time.Second
	recordIn = 8 * time.Second
	// noDeadline is for callers that set none.
	noDeadline = 2 * time.Minute
)

// reserving ends the work before the function ends, so that there is time for what comes after it: a quarter of what
// is left, at most the reserve.
func (h *Handler) reserving(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	left := noDeadline
	if deadline, ok := ctx.Deadline(); ok {
		left = deadline.Sub(h.Now())
	}
	return context.WithTimeout(ctx, left-min(left/4, reserve))
}

func (h *Handler) logDelivery(ctx context.Context, req *callback.Request, out outcome, err, sendErr error) {
	level, event := slog.LevelInfo, "delivery"
	attrs := []slog.Attr{
		slog.String("request_type", string(req.Type)), slog.String("request_id", req.RequestID),
		slog.String("onboarding", req.Properties.OnboardingName), slog.String("account", req.Stack.AccountID),
		slog.String("region", req.Region), slog.String("stack_guid", req.Stack.GUID),
		slog.String("answer", string(out.response.Status)), slog.String("status", string(out.status)),
	}
	if out.note != "" {
		attrs = append(attrs, slog.String("note", out.note))
	}
	if err != nil {
		level, event = slog.LevelError, "delivery_failed"
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	if sendErr != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("answer_error", sendErr.Error()))
	}
	h.Log.LogAttrs(ctx, level, "delivery", append([]slog.Attr{slog.String("event", event)}, attrs...)...)
}
