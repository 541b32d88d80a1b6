package receiver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// bubble is a customer, a receiver and its checker in a time of their own, in which a check takes as long as a real one. It is
// the registry, STS, and the place for answers.
type bubble struct {
	*testing.T
	*receiver.Handler
	rec registry.Record
	// roles are "right", "loose", "ours" if a policy of the partner's denies all, "half" if it does but for the right External ID,
	// or the error that STS answers with; others are not there.
	roles map[string]string
	// trusts are the External IDs that a right role accepts.
	trusts []string
	// asked, if there is one, is called before each probe.
	asked func()
}

func newBubble(t *testing.T) *bubble {
	t.Helper()
	b := &bubble{T: t, roles: map[string]string{good: "right"}, rec: registry.Record{Offer: &registry.Offer{
		Name: "globex", OfferID: "o", Revision: "o:1", AccountID: customerID, ExternalID: "the-right-external-id", TemplateVersion: "v1",
	}}}
	b.trusts = []string{b.rec.Offer.ExternalID}
	cfg := aws.Config{Region: "us-east-1", HTTPClient: b, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
	b.Handler = &receiver.Handler{
		Store: b, Checker: trust.NewClientChecker(sts.NewFromConfig(cfg), "aws", partnerID), Answerer: b, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Now: time.Now, Recheck: 24 * time.Hour, AccountID: partnerID, TopicName: topicName,
	}
	return b
}

func (b *bubble) Get(context.Context, string) (registry.Record, error) {
	rec := b.rec
	if rec.Delivery != nil {
		d := *rec.Delivery
		rec.Delivery = &d
	}
	return rec, nil
}

func (b *bubble) PutDelivery(_ context.Context, d registry.Delivery) error {
	if old := b.rec.Delivery; old != nil && old.Revision != d.Revision {
		return registry.ErrRevision
	}
	d.Revision++
	b.rec.Delivery = &d
	return nil
}

func (b *bubble) Due(_ context.Context, now time.Time) ([]string, error) {
	if d := b.rec.Delivery; d != nil && !d.DueAt.IsZero() && !d.DueAt.After(now) {
		return []string{"globex"}, nil
	}
	return nil, nil
}

// Put takes the answers to CloudFormation's own requests only.
func (b *bubble) Put(_ context.Context, r *callback.Request, _ callback.Response) error {
	if strings.HasPrefix(r.RequestID, "forged") {
		return &callback.RefusedError{Code: 403}
	}
	return nil
}

// Do makes the bubble its own STS.
func (b *bubble) Do(req *http.Request) (*http.Response, error) {
	if b.asked != nil {
		b.asked()
	}
	time.Sleep(50 * time.Millisecond)
	if err := req.Context().Err(); err != nil {
		return nil, err //nolint:wrapcheck // as a transport does
	}
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	answer := func(code int, body string) *http.Response {
		return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}
	}
	is, no := b.roles[form.Get("RoleArn")], "no"
	switch {
	case form.Get("Action") == "GetCallerIdentity":
		return answer(200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>a</Arn><UserId>u</UserId><Account>"+customerID+"</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"), nil
	case is == "loose", (is == "right" || is == "half") && slices.Contains(b.trusts, form.Get("ExternalId")):
		return answer(200, "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>k</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"+
			"<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"), nil
	case is == "" || is == "right":
		is = "AccessDenied"
	case is == "ours" || is == "half":
		is, no = "AccessDenied", "no, with an explicit deny in a service control policy"
	}
	return answer(403, "<ErrorResponse><Error><Type>Sender</Type><Code>"+is+"</Code><Message>"+no+"</Message></Error></ErrorResponse>"), nil
}

func (b *bubble) invoke(event string) error {
	ctx, cancel := context.WithTimeout(b.Context(), 4*time.Minute)
	defer cancel()
	_, err := b.Handle(ctx, json.RawMessage(event))
	return err
}

func (b *bubble) send(kind, id, role string) {
	b.Helper()
	message, err := json.Marshal(request{
		"RequestType": kind, "RequestId": id, "StackId": stackA, "LogicalResourceId": "Callback", "PhysicalResourceId": "p",
		"ResourceProperties": request{"OnboardingName": "globex", "RoleArn": role, "TemplateVersion": b.rec.Offer.TemplateVersion},
		"ResponseURL":        "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/" + url.PathEscape(stackA+"|Callback|"+id) + "?X",
	})
	if err != nil {
		b.Fatal(err)
	}
	event, err := json.Marshal(request{"Records": []any{request{"Sns": request{
		"TopicArn": "arn:aws:sns:us-east-1:" + partnerID + ":" + topicName, "Message": string(message), "Timestamp": time.Now().Format(time.RFC3339Nano), "MessageId": "m",
	}}}})
	if err != nil {
		b.Fatal(err)
	}
	if err := b.invoke(string(event)); err != nil {
		b.Fatal(err)
	}
}

// Whatever a customer's own stack reports, however long that takes to try: what becomes of the role in use is seen, the
// schedule goes on, and it ends. A loose role takes a minute, so that two leave no time for a third.
func TestHandler_scheduleSeesTheRoleInUse(t *testing.T) {
	t.Parallel()
	second, third := "arn:aws:iam::"+customerID+":role/R2", "arn:aws:iam::"+customerID+":role/R3"
	for name, row := range map[string]struct {
		becomes string
		want    registry.Status
	}{"loose": {"loose", registry.Delivered}, "gone": {"", registry.Disconnected}, "right": {"right", registry.Verified}} {
		for claims, send := range map[string]func(b *bubble){
			"none": func(*bubble) {},
			"one":  func(b *bubble) { b.send("Update", "u1", second) },
			"two":  func(b *bubble) { b.send("Update", "u1", second); b.send("Update", "forged1", third) },
			"many": func(b *bubble) {
				b.send("Update", "forged1", third)
				b.send("Update", "u1", second)
				b.send("Update", "forged2", third)
			},
			"of the same": func(b *bubble) { b.roles[good] = ""; b.send("Update", "u1", good); b.roles[good] = "right" },
		} {
			t.Run(name+", claims "+claims, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBubble(t)
					b.send("Create", "c1", good)
					send(b)
					b.roles[second], b.roles[third], b.roles[good] = "loose", "loose", row.becomes
					failed := 0
					for range 400 { // a day and a third
						time.Sleep(registry.Soon)
						if b.invoke(`{"schedule":{}}`) != nil {
							failed++
						}
					}
					if d := b.rec.Delivery; d.Status != row.want || d.RoleARN != good || failed > 0 {
						t.Errorf("%s (%q) with %s after %d failures", d.Status, d.Reason, d.RoleARN, failed)
					}
				})
			})
		}
	}
}

// A customer who writes while its role is probed hides nothing: what was found counts for what stands then.
func TestHandler_scheduleSeesTheRoleOfWhoWrites(t *testing.T) {
	t.Parallel()
	for name, every := range map[string]time.Duration{"now and then": 55 * time.Second, "all the time": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				b.send("Create", "c1", good)
				b.roles[good] = "loose"
				var last time.Time
				sent, sending := 0, false
				b.asked = func() {
					if now := time.Now(); !sending && now.Sub(last) >= every {
						sent, last, sending = sent+1, now, true
						b.send("Update", fmt.Sprintf("forged%d", sent), "arn:aws:iam::"+strangerID+":role/x") // certainly wrong: costs no probe
						sending = false
					}
				}
				for range 600 { // two days
					time.Sleep(registry.Soon)
					last = time.Now()
					if err := b.invoke(`{"schedule":{}}`); err != nil {
						t.Error(err)
					}
				}
				if d := b.rec.Delivery; d.Status != registry.Delivered || d.RoleARN != good || sent == 0 {
					t.Errorf("%s (%q) after %d messages, verified at %s", d.Status, d.Reason, sent, d.VerifiedAt)
				}
			})
		})
	}
}

// What STS says of one customer's role, whatever it is, rings no alarm of the partner's, and takes the schedule's time no longer
// than any role that cannot be proven.
func TestHandler_scheduleAndOneCustomersErrors(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		before, becomes string
		want            registry.Status
	}{
		"STS is deactivated":     {"right", "RegionDisabledException", registry.Disconnected},
		"STS was never there":    {"RegionDisabledException", "RegionDisabledException", registry.Delivered},
		"an ARN that is no role": {"ValidationError", "ValidationError", registry.Delivered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				b.roles[good] = row.before
				b.send("Create", "c1", good)
				b.roles[good] = row.becomes
				asked := 0
				for n := range 4 * 288 { // four days
					time.Sleep(registry.Soon)
					if n == 2*288 {
						b.asked = func() { asked++ }
					}
					if err := b.invoke(`{"schedule":{}}`); err != nil {
						t.Fatal(err)
					}
				}
				if d := b.rec.Delivery; d.Status != row.want || !strings.Contains(d.Reason, "STS") || asked > 100 {
					t.Errorf("%s (%q), asked %d times in two days", d.Status, d.Reason, asked)
				}
			})
		})
	}
}

// What the partner's own policies deny settles nothing: no customer is taken for gone by it, and none is looked at every five
// minutes without end. As soon as they no longer deny, the role is what it is.
func TestHandler_scheduleAndOurOwnPolicy(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		denies string
		// before is what has happened to the role that was proven, if anything.
		before func(b *bubble)
		want   registry.Status
	}{
		"everything":                         {"ours", func(*bubble) {}, registry.Verified},
		"all but the right":                  {"half", func(*bubble) {}, registry.Verified},
		"everything, after a Delete":         {"ours", func(b *bubble) { b.send("Delete", "d1", good) }, registry.Leaving},
		"all but the right, after a Delete":  {"half", func(b *bubble) { b.send("Delete", "d1", good) }, registry.Leaving},
		"everything, after an Update":        {"ours", func(b *bubble) { b.roles[good] = "ours"; b.send("Update", "u1", good) }, registry.Verified},
		"everything, after a first denial":   {"ours", func(b *bubble) { b.deniedOnce() }, registry.Verified},
		"everything, when it had let all in": {"ours", func(b *bubble) { b.roles[good] = "loose"; b.verify() }, registry.Delivered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				b.send("Create", "c1", good)
				row.before(b)
				b.roles[good] = row.denies
				asked := 0
				for n := range 5 * 288 { // five days
					time.Sleep(registry.Soon)
					if n == 3*288 {
						b.asked = func() { asked++ }
					}
					_ = b.invoke(`{"schedule":{}}`) // an alarm, while everything is denied
				}
				if d := b.rec.Delivery; d.Status != row.want || asked == 0 || asked > 100 {
					t.Errorf("%s (%q), asked %d times in two days", d.Status, d.Reason, asked)
				}
				b.roles[good] = "right"
				b.verify()
				if d := b.rec.Delivery; d.Status != registry.Verified || d.Reason != "" {
					t.Errorf("when it no longer denies: %s (%q)", d.Status, d.Reason)
				}
			})
		})
	}
}

// deniedOnce has the role denied in one look.
func (b *bubble) deniedOnce() {
	b.Helper()
	b.roles[good] = ""
	b.verify()
	if b.rec.Delivery.FailingSince.IsZero() {
		b.Fatal("the denial left no trace")
	}
}

func (b *bubble) verify() {
	b.Helper()
	if err := b.invoke(`{"verify":{"name":"globex"}}`); err != nil {
		b.Fatal(err)
	}
}

// A stack that reports while the partner's own policies deny is not blamed, and its role is proven as soon as they do not.
func TestHandler_launchAndOurOwnPolicy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.roles[good] = "ours"
		b.send("Create", "c1", good)
		if d := b.rec.Delivery; d.Status != registry.Delivered || !strings.Contains(d.Reason, "our own policy denies") {
			t.Errorf("%s (%q)", d.Status, d.Reason)
		}
		b.roles[good] = "right"
		time.Sleep(registry.Soon)
		if err := b.invoke(`{"schedule":{}}`); err != nil || b.rec.Status() != registry.Verified {
			t.Errorf("%s, %v", b.rec.Status(), err)
		}
	})
}

// A customer's update comes before IAM has spread it, when the role still accepts the former External ID only. The new one is
// used soon after, and not a day later; a role that never accepts it is not asked for ever.
func TestHandler_scheduleSeesTheNewExternalID(t *testing.T) {
	t.Parallel()
	for name, spreads := range map[string]bool{"spread": true, "never": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				b.send("Create", "c1", good)
				rotated := *b.rec.Offer
				rotated.ExternalID, rotated.PreviousExternalID, rotated.Revision, rotated.TemplateVersion = "the-new-external-id", rotated.ExternalID, "o:2", "v2"
				b.rec.Offer = &rotated
				b.send("Update", "u1", good)
				if b.rec.ExternalIDInUse() != rotated.PreviousExternalID || b.rec.Status() != registry.Verified {
					t.Fatalf("%s with %s", b.rec.Status(), b.rec.ExternalIDInUse())
				}
				if spreads {
					b.trusts = []string{rotated.ExternalID, rotated.PreviousExternalID}
				}
				asked := 0
				for n := range 4 * 288 { // four days
					time.Sleep(registry.Soon)
					if n == 2*288 {
						b.asked = func() { asked++ }
					}
					if err := b.invoke(`{"schedule":{}}`); err != nil {
						t.Fatal(err)
					}
					if spreads && b.rec.ExternalIDInUse() != rotated.ExternalID {
						t.Fatalf("after %s the former one is in use", time.Duration(n+1)*registry.Soon)
					}
				}
				if asked > 100 || b.rec.Status() != registry.Verified {
					t.Errorf("asked %d times in two days, and %s", asked, b.rec.Status())
				}
			})
		})
	}
}
