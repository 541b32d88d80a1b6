package receiver_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// way is one way for a request of the receiver to fail, as the faults that make it.
type way struct {
	name   string
	faults func(s *shipped, operation string, nth int) []lab.Fault
}

func oneWay(name string, kind lab.Kind, times int) way {
	return way{name, func(s *shipped, operation string, nth int) []lab.Fault {
		return []lab.Fault{{AccountID: s.partner.ID, Operation: operation, After: nth, Times: times, Kind: kind}}
	}}
}

// ways are all of them; "killed" ends the function's process when the request is there, before or after its work is done.
func ways() []way {
	killed := func(name string, kind lab.Kind) way {
		return way{name, func(s *shipped, operation string, nth int) []lab.Fault {
			return []lab.Fault{{AccountID: s.partner.ID, Operation: operation, After: nth, Times: 1, Kind: kind, Hook: s.kill}}
		}}
	}
	return []way{
		oneWay("refused", lab.Status{Code: 400, ErrorCode: "AccessDeniedException"}, 1),
		oneWay("throttled", lab.Throttle, 3),
		oneWay("failed once", lab.Status{Code: 500, ErrorCode: "InternalError"}, 1),
		oneWay("failed until the end", lab.Status{Code: 500, ErrorCode: "InternalError"}, 0),
		oneWay("cut off before", lab.ResetBefore, 1),
		oneWay("answer lost", lab.ResetAfter, 1),
		oneWay("answer cut", lab.CutAnswer, 1),
		oneWay("silent", lab.Hang, 1),
		oneWay("expired", lab.Status{Code: 403, ErrorCode: "ExpiredToken"}, 0),
		killed("killed before", lab.ResetBefore),
		killed("killed after", lab.ResetAfter),
	}
}

// kill ends the function's processes as the machine under them would.
func (s *shipped) kill() {
	found := false
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range all {
		environ, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(environ), "XROLE_TABLE_ARN="+s.hub.TableARN) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = syscall.Kill(pid, syscall.SIGKILL) == nil || found
		}
	}
	if !found {
		s.Error("the receiver asked, but no process of it was found")
	}
}

// Each request that the receiver makes for a launch fails in each way. The stack always gets its answer; and when the trouble
// is over, Lambda's own tries, the schedule, or the customer's second launch bring it to where it is without a fault. As
// `make faults` runs all, a few ways are enough here.
func TestReceiver_everyRequest(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc, to find the receiver's process and end it: run it on Linux")
	}
	all := os.Getenv("XROLE_FAULTS") != ""
	var generated, passed atomic.Int64
	t.Cleanup(func() { t.Logf("%d of %d cases passed", passed.Load(), generated.Load()) })
	for i, way := range ways() {
		if !all && i%4 != 1 {
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			s := newShipped(t, 10)
			nth := map[string]int{}
			for at, operation := range s.log() {
				n := nth[operation]
				if nth[operation]++; !all && n > 0 {
					continue // one of the many probes
				}
				ok, met := s.survives(fmt.Sprintf("case-%d", at), way.faults(s, operation, n))
				if !met && n > 0 {
					continue // how many probes there are depends on how soon IAM lets the first one in
				}
				if generated.Add(1); ok && met {
					passed.Add(1)
				} else {
					t.Errorf("%d %s %s: the fault was met: %v", at, operation, way.name, met)
				}
			}
		})
	}
}

// log is what the receiver asks for when all goes well, in order.
func (s *shipped) log() []string {
	s.Helper()
	before := len(s.lab.Requests(lab.Filter{AccountID: s.partner.ID}))
	if !s.arrives("sample") {
		s.Fatal("a launch without a fault failed")
	}
	var names []string
	for _, r := range s.lab.Requests(lab.Filter{AccountID: s.partner.ID})[before:] {
		names = append(names, r.Operation)
	}
	// The last are the test's own look at the registry; the first is its offer.
	for len(names) > 0 && names[len(names)-1] == "BatchGetItem" {
		names = names[:len(names)-1]
	}
	if names = names[1:]; len(names) < 5 {
		s.Fatalf("the receiver only asked for %v", names)
	}
	return names
}

// arrives is a launch without faults.
func (s *shipped) arrives(name string) bool {
	s.Helper()
	offer := s.offered(name, s.customer.ID)
	stack := s.launch(s.customer, s.template(offer.ExternalID, flow(strings.Replace(honest, "globex", name, 1))))
	return stack.StackStatus == types.StackStatusCreateComplete && s.verified(name, stack)
}

// survives is a launch with faults, and what comes after it.
func (s *shipped) survives(name string, faults []lab.Fault) (ok, met bool) {
	s.Helper()
	offer := s.offered(name, s.customer.ID)
	body := s.template(offer.ExternalID, flow(strings.Replace(honest, "globex", name, 1)))
	before := s.injected()
	var disarm []func()
	for _, f := range faults {
		disarm = append(disarm, s.lab.Inject(f))
	}
	stack := s.launch(s.customer, body)
	for _, d := range disarm {
		d()
	}
	met = s.injected() > before
	if stack.StackStatus != types.StackStatusCreateComplete {
		stack = s.launch(s.customer, body) // the customer tries again
	}
	after := s.record(name)
	ok = stack.StackStatus == types.StackStatusCreateComplete && s.verified(name, stack) && after.Offer.ExternalID == offer.ExternalID && after.Offer.Revision == offer.Revision
	return ok, met
}

// verified waits for Lambda's own tries, and has the receiver look again as the schedule does.
func (s *shipped) verified(name string, stack types.Stack) bool {
	s.Helper()
	client := lambda.NewFromConfig(s.partner.Config("us-east-1"))
	ok := false
	s.eventually(name+" is proven", func(ctx context.Context) bool {
		rec, err := s.registry.Get(ctx, name)
		if err != nil {
			s.Fatal(err)
		}
		if rec.Status() == registry.Verified {
			ok = rec.Delivery.StackID == aws.ToString(stack.StackId) && rec.Delivery.RoleARN == outputOf(stack, "RoleArn")
			return true
		}
		if rec.Status() == registry.Delivered {
			_, err = client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &s.hub.ReceiverFunctionARN, Payload: fmt.Appendf(nil, `{"verify":{"name":%q}}`, name)})
		}
		return err != nil
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

// injected is how many of the receiver's requests have met a fault.
func (s *shipped) injected() (n int) {
	for _, r := range s.lab.Requests(lab.Filter{AccountID: s.partner.ID}) {
		if r.Injected {
			n++
		}
	}
	return n
}
