package receiver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// kill ends the function's processes as the machine under them would.
func (s *shipped) kill() {
	found := false
	for _, pid := range s.lab.Receivers(s.hub.TableARN) {
		found = syscall.Kill(pid, syscall.SIGKILL) == nil || found
	}
	if !found {
		s.Error("the receiver asked, but no process of it was found")
	}
}

// invited is a customer who has an offer.
type invited struct {
	name  string
	offer registry.Offer
	stack types.Stack
}

// phase is something in a customer's life that has the receiver ask AWS.
type phase struct {
	name string
	// often are the ways that are tried without `make faults`.
	often []string
	// before brings a customer to where the phase begins.
	before func(s *shipped, c *invited)
	run    func(s *shipped, c *invited)
	// done is what happens when the trouble is over, and whether all is then as without it.
	done func(s *shipped, c *invited) bool
}

func phases() []phase {
	proven := func(s *shipped, c *invited) {
		if s.first(c); !s.launched(c) {
			s.Fatal("a launch without a fault failed")
		}
	}
	return []phase{
		{"launch", []string{"throttled", "answer lost", "killed before"}, func(*shipped, *invited) {}, (*shipped).first, (*shipped).launched},
		{"update", []string{"answer lost"}, proven, (*shipped).update, (*shipped).updated},
		{"delete", []string{"answer lost"}, proven, (*shipped).leave, (*shipped).left},
		{"schedule", []string{"answer lost"}, func(s *shipped, c *invited) { proven(s, c); s.due(c) }, (*shipped).tick, (*shipped).rechecked},
	}
}

// Each request that the receiver makes for a stack's launch, update and end, and on its schedule, fails in each way. The stack
// always gets its answer; and when the trouble is over, Lambda's own tries, the schedule, or the customer's second try bring it
// to where it is without a fault. As `make faults` runs all, a few ways are enough here.
func TestReceiver_everyRequest(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc, to find the receiver's process and end it: run it on Linux")
	}
	all := os.Getenv("XROLE_FAULTS") != ""
	var generated, passed atomic.Int64
	t.Cleanup(func() { t.Logf("%d of %d cases passed", passed.Load(), generated.Load()) })
	for _, p := range phases() {
		for _, way := range append(lab.Ways(), lab.Silent(), lab.Failing()) {
			if !all && !slices.Contains(p.often, way.Name) {
				continue
			}
			t.Run(p.name+" "+way.Name, func(t *testing.T) {
				t.Parallel()
				s := newShipped(t, 10)
				nth := map[string]int{}
				for at, operation := range s.log(p) {
					n := nth[operation]
					if nth[operation]++; !all && n > 0 {
						continue // one of the many probes
					}
					c := s.invite(fmt.Sprintf("case-%d", at))
					p.before(s, c)
					met := s.lab.Under(way, lab.Fault{AccountID: s.partner.ID, Operation: operation, After: n, Hook: s.kill}, func() { p.run(s, c) })
					ok := p.done(s, c) && s.record(c.name).Offer.Revision == c.offer.Revision
					if !met && n > 0 {
						continue // how many probes there are depends on how soon IAM lets the first one in
					}
					if generated.Add(1); ok && met {
						passed.Add(1)
					} else {
						t.Errorf("%d %s: the fault was met: %v; it came to %+v", at, operation, met, s.record(c.name).Current())
					}
				}
			})
		}
	}
}

// log is what the receiver asks for when all goes well, in order.
func (s *shipped) log(p phase) []string {
	s.Helper()
	c := s.invite("sample")
	p.before(s, c)
	before := len(s.lab.Requests(lab.Filter{AccountID: s.partner.ID}))
	p.run(s, c)
	var names []string
	for _, r := range s.lab.Requests(lab.Filter{AccountID: s.partner.ID})[before:] {
		if p.name != "schedule" || r.Operation != "Invoke" { // which is the test's
			names = append(names, r.Operation)
		}
	}
	if !p.done(s, c) {
		s.Fatalf("a %s without a fault failed", p.name)
	}
	if len(names) < 2 {
		s.Fatalf("the receiver only asked for %v", names)
	}
	return names
}

func (s *shipped) invite(name string) *invited {
	s.Helper()
	return &invited{name: name, offer: s.offered(name, s.customer.ID)}
}

func (s *shipped) body(c *invited, version string) string {
	s.Helper()
	return s.template(c.offer.ExternalID, flow(strings.NewReplacer("globex", c.name, "v1", version).Replace(honest)))
}

func (s *shipped) first(c *invited) { c.stack = s.launch(s.customer, s.body(c, "v1")) }

func (s *shipped) launched(c *invited) bool {
	s.Helper()
	if c.stack.StackStatus != types.StackStatusCreateComplete {
		s.first(c) // the customer tries again
	}
	return c.stack.StackStatus == types.StackStatusCreateComplete && s.verified(c, "v1")
}

func (s *shipped) update(c *invited) {
	s.Helper()
	client := cloudformation.NewFromConfig(s.customer.Config("us-east-1"))
	_, err := client.UpdateStack(s.Context(), &cloudformation.UpdateStackInput{
		StackName: c.stack.StackId, TemplateBody: aws.String(s.body(c, "v2")), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		s.Fatal(err)
	}
	c.stack = s.settled(client, c.stack.StackId)
}

func (s *shipped) updated(c *invited) bool {
	s.Helper()
	if c.stack.StackStatus != types.StackStatusUpdateComplete {
		s.update(c)
	}
	return c.stack.StackStatus == types.StackStatusUpdateComplete && s.verified(c, "v2")
}

func (s *shipped) leave(c *invited) {
	s.Helper()
	client := cloudformation.NewFromConfig(s.customer.Config("us-east-1"))
	if _, err := client.DeleteStack(s.Context(), &cloudformation.DeleteStackInput{StackName: c.stack.StackId}); err != nil {
		s.Fatal(err)
	}
	c.stack = s.settled(client, c.stack.StackId)
}

// left is whether the role is known to be gone, some time later, and which it was.
func (s *shipped) left(c *invited) bool {
	s.Helper()
	s.until(c.name+" leaves", func() bool { return s.record(c.name).Status() == registry.Leaving })
	role := s.record(c.name).Current().RoleARN
	s.until(c.name+" is gone", func() bool {
		s.change(c, func(d *registry.Delivery) {
			d.LeavingAt = d.LeavingAt.Add(-registry.SettleTime)
			if !d.FailingSince.IsZero() {
				d.FailingSince = d.FailingSince.Add(-registry.SettleTime)
			}
		})
		s.verifyNow(c)
		return s.record(c.name).Status() == registry.Disconnected
	})
	return c.stack.StackStatus == types.StackStatusDeleteComplete && role != "" && s.record(c.name).Current().RoleARN == role
}

// due makes a customer the next one that the schedule looks at.
func (s *shipped) due(c *invited) {
	s.Helper()
	s.change(c, func(d *registry.Delivery) { d.DueAt = time.Now().Add(-24 * time.Hour) })
}

// tick is one run of the schedule; what it comes to shows in the registry.
func (s *shipped) tick(*invited) {
	s.Helper()
	client := lambda.NewFromConfig(s.partner.Config("us-east-1"))
	if _, err := client.Invoke(s.Context(), &lambda.InvokeInput{FunctionName: &s.hub.ReceiverFunctionARN, Payload: []byte(`{"schedule":{}}`)}); err != nil {
		s.Fatal(err)
	}
}

func (s *shipped) rechecked(c *invited) bool {
	s.Helper()
	s.until(c.name+" is looked at", func() bool {
		s.tick(c)
		return s.record(c.name).Current().DueAt.After(time.Now())
	})
	return s.verified(c, "v1")
}

// until waits for what the registry shows.
func (s *shipped) until(what string, done func() bool) {
	s.Helper()
	s.eventually(what, func(context.Context) bool { return done() })
}

// change writes a delivery as it may have been written at another time.
func (s *shipped) change(c *invited, to func(*registry.Delivery)) {
	s.Helper()
	d := s.record(c.name).Draft()
	to(&d)
	if err := s.registry.PutDelivery(s.Context(), d); err != nil && !errors.Is(err, registry.ErrRevision) {
		s.Fatal(err)
	}
}

// verifyNow has the receiver look again as the schedule does.
func (s *shipped) verifyNow(c *invited) {
	s.Helper()
	client := lambda.NewFromConfig(s.partner.Config("us-east-1"))
	if _, err := client.Invoke(s.Context(), &lambda.InvokeInput{FunctionName: &s.hub.ReceiverFunctionARN, Payload: fmt.Appendf(nil, `{"verify":{"name":%q}}`, c.name)}); err != nil {
		s.Fatal(err)
	}
}

// verified waits for Lambda's own tries, and has the receiver look again.
func (s *shipped) verified(c *invited, version string) bool {
	s.Helper()
	ok := false
	s.until(c.name+" is proven", func() bool {
		rec := s.record(c.name)
		if d := rec.Current(); rec.Status() == registry.Verified && d.TemplateVersion == version {
			ok = d.StackID == aws.ToString(c.stack.StackId) && d.RoleARN == outputOf(c.stack, "RoleArn") && d.FailingSince.IsZero()
			return true
		}
		if d := rec.Current(); d != nil && len(d.Claims) > 0 {
			s.verifyNow(c)
		}
		return false
	})
	return ok
}

func outputOf(stack types.Stack, name string) string {
	for _, o := range stack.Outputs {
		if aws.ToString(o.OutputKey) == name {
			return aws.ToString(o.OutputValue)
		}
	}
	return ""
}
