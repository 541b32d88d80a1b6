package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// soak is a partner with some customers who come, change and leave at random, while requests fail.
type soak struct {
	*testing.T
	world
	random   *rand.Rand
	customer *lab.Account
	// rogue is listed as well, has no offer, and writes messages of its own.
	rogue     *lab.Account
	customers []*soaked
	// given are all External IDs that ever were, and whose.
	given  map[string]string
	counts map[string]int
	memory []int
	// early is the first quarter, after which the receiver is not killed any more: its memory would never have grown.
	early bool
}

// soaked is one customer, as Terraform and its own account know it.
type soaked struct {
	managed
	name   string
	config fields
	stack  *lab.Stack
	// failed is a launch that came to nothing, and could not be removed at once.
	failed   *lab.Stack
	ids      []string
	rotation int
}

// TestSoak runs for as long as XROLE_SOAK says. Whatever fails, no External ID changes or is given twice, nothing is left over,
// nobody is called proven who is not, what a dishonest customer writes leaves no trace, and the receiver needs no more memory at the end than before.
func TestSoak(t *testing.T) { //nolint:paralleltest // it is a target of its own
	length, err := time.ParseDuration(os.Getenv("XROLE_SOAK"))
	if err != nil {
		t.Skip("run by make soak, which sets XROLE_SOAK to how long it lasts, such as 30m")
	}
	customer, rogue := lab.Shared(t).NewAccount(t), lab.Shared(t).NewAccount(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := &soak{T: t, world: newWorld(t, customer, rogue), random: rand.New(rand.NewPCG(seed, 0)), customer: customer, rogue: rogue, given: map[string]string{}, counts: map[string]int{}}
	for i := range 6 {
		s.customers = append(s.customers, &soaked{managed: managed{kind: one}, name: fmt.Sprintf("customer-%d", i)})
	}
	for end, sample := time.Now().Add(length), time.Now(); time.Now().Before(end) && !t.Failed(); {
		s.early = time.Until(end) > length*3/4
		s.step(s.customers[s.random.IntN(len(s.customers))])
		s.forge(s.customers[s.random.IntN(len(s.customers))])
		s.invariants()
		if time.Now().After(sample) {
			s.memory = append(s.memory, s.receiverMemory())
			sample = time.Now().Add(length / 60)
		}
	}
	t.Logf("steps %v; the receiver's memory in KB, over time: %v", s.counts, s.memory)
	if n := len(s.memory); n >= 20 {
		before, after := slices.Max(s.memory[n/4:n/2]), slices.Max(s.memory[3*n/4:])
		if after > before*5/4 {
			t.Errorf("the receiver's memory grows: %v", s.memory)
		}
	}
}

// step is one thing that happens to a customer, with a fault in every second one, after which it is done again.
func (s *soak) step(c *soaked) {
	s.Helper()
	switch {
	case c.state == nil:
		c.config = fields{
			"name": c.name, "hub": s.hubFields(), "account_id": s.customer.ID, "stack_name": "Stack-" + c.name, "rotation": "r0",
			"role": fields{"name": "Role-" + c.name, "managed_policy_arns": []string{"arn:aws:iam::aws:policy/SecurityAudit"}},
		}
		c.ids, c.rotation = nil, 0
		s.does("invite", c, func() error { return s.apply(c, c.config) })
	case c.stack == nil:
		s.does("launch", c, func() error { return s.launch(c) })
	default:
		switch s.random.IntN(6) {
		case 0:
			role, _ := c.config["role"].(fields)
			c.config = with(c.config, fields{"role": with(role, fields{"description": fmt.Sprintf("Version %d.", s.random.IntN(1000))})})
			s.does("change", c, func() error { return s.apply(c, c.config) })
		case 1, 2:
			s.does("update the stack", c, func() error { return s.update(c) })
		case 3:
			s.rotate(c)
		case 4:
			s.does("nothing", c, func() error { return s.apply(c, c.config) })
		case 5:
			s.does("leave", c, func() error { return s.leave(c) })
		}
	}
}

// forged marks what the rogue makes up.
const forged = "f0f0f0f0-0000-4000-8000-000000000000"

// forge is a message that the rogue writes about somebody else.
func (s *soak) forge(c *soaked) {
	s.Helper()
	choose := func(all ...string) string { return all[s.random.IntN(len(all))] }
	account := choose(s.rogue.ID, s.customer.ID, s.partner.ID)
	stack, request := "arn:aws:cloudformation:us-east-1:"+account+":stack/x/"+forged, fmt.Sprint("forged-", s.counts["forged"])
	message, err := json.Marshal(fields{
		"RequestType": choose("Create", "Update", "Delete"), "RequestId": request, "StackId": stack, "LogicalResourceId": "Callback", "ResourceType": "Custom::XroleCallback", "PhysicalResourceId": "forged",
		"ResponseURL": "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/" + url.PathEscape(stack+"|Callback|"+request) + "?X-Amz-Signature=x",
		"ResourceProperties": fields{
			"OnboardingName": c.name, "TemplateVersion": fmt.Sprintf("%016x", s.random.Uint64()),
			"RoleArn": "arn:aws:iam::" + choose(s.rogue.ID, s.customer.ID, s.partner.ID) + ":role/" + choose("Role-"+c.name, "sink"),
		},
	})
	if err != nil {
		s.Fatal(err)
	}
	s.counts["forged"]++
	_, err = sns.NewFromConfig(s.rogue.Config("us-east-1")).Publish(s.Context(), &sns.PublishInput{TopicArn: aws.String(s.hub.TopicARNs["us-east-1"]), Message: aws.String(string(message))})
	if err != nil {
		s.Fatal(err)
	}
}

// rotate is a rotation, if the last one is done.
func (s *soak) rotate(c *soaked) {
	s.Helper()
	rec, err := s.store(s.T).Get(s.Context(), c.name)
	if err != nil {
		s.Fatal(err)
	}
	if rec.Outdated() || rec.Status() != registry.Verified {
		return
	}
	c.rotation++
	c.config = with(c.config, fields{"rotation": "r" + strconv.Itoa(c.rotation)})
	s.does("rotate", c, func() error { return s.apply(c, c.config) })
}

func (s *soak) does(what string, c *soaked, do func() error) {
	s.Helper()
	s.counts[what]++
	var err error
	if s.random.IntN(2) == 0 {
		fault := lab.Fault{AccountID: s.partner.ID, After: s.random.IntN(6)}
		ways := lab.Ways()
		if slices.Contains([]string{"launch", "update the stack", "leave"}, what) { // it is the receiver that fails, and not for good
			fault.Hook = s.killReceiver
			ways = slices.DeleteFunc(ways, func(w lab.Way) bool { return w.Name == "expired" || w.Ends && !s.early })
		}
		if s.lab.Under(ways[s.random.IntN(len(ways))], fault, func() { err = do() }) {
			s.counts["faults"]++
		}
		if err == nil {
			return
		}
		s.counts[what+" again"]++
		s.noted(c) // what the run that failed has made is not lost
	}
	if again := do(); again != nil {
		s.Fatalf("%s: %s, without a fault: %v\nWith a fault before: %v", c.name, what, again, err)
	}
}

// apply is a run of Terraform.
func (s *soak) apply(c *soaked, config fields) error {
	s.Helper()
	_, err := s.world.apply(s.T, &c.managed, config)
	return err
}

// launch is the customer's, and the partner's look at it.
func (s *soak) launch(c *soaked) error {
	s.Helper()
	if err := s.clear(c); err != nil {
		return err
	}
	p := s.server(s.T)
	link := fmt.Sprint(read(s.T, c.state, p.kind(one))["launch_url"])
	stack, err := s.customer.Launch(s.Context(), link)
	if err != nil {
		return err
	}
	c.failed = stack
	if err := stack.Wait(s.Context()); err != nil {
		return err
	}
	if stack.Status != "CREATE_COMPLETE" {
		return errors.Join(fmt.Errorf("the stack ended as %s: %s", stack.Status, stack.Reason), s.clear(c))
	}
	c.stack, c.failed = stack, nil
	return nil // whether it is proven already, or the schedule has to do it, shows later
}

// clear removes what a launch that failed has left.
func (s *soak) clear(c *soaked) error {
	s.Helper()
	if c.failed == nil {
		return nil
	}
	if err := s.remove(c.failed); err != nil {
		return err
	}
	c.failed = nil
	return nil
}

// remove is the customer's. While the receiver is killed, a stack may not be able to go.
func (s *soak) remove(stack *lab.Stack) error {
	s.Helper()
	if err := stack.Delete(s.Context()); err != nil {
		return err
	}
	if err := stack.Wait(s.Context()); err != nil {
		return err
	}
	if stack.Status != "DELETE_COMPLETE" {
		return fmt.Errorf("the stack ended as %s: %s", stack.Status, stack.Reason)
	}
	return nil
}

// update is the customer's, to the template that is offered now.
func (s *soak) update(c *soaked) error {
	s.Helper()
	p := s.server(s.T)
	err := c.stack.Update(s.Context(), fmt.Sprint(read(s.T, c.state, p.kind(one))["template_url"]))
	if err != nil && strings.Contains(err.Error(), "No updates are to be performed") {
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.stack.Wait(s.Context()); err != nil {
		return err
	}
	if !strings.HasPrefix(c.stack.Status, "UPDATE_") || strings.HasSuffix(c.stack.Status, "FAILED") {
		return fmt.Errorf("the update ended as %s: %s", c.stack.Status, c.stack.Reason)
	}
	return nil
}

// leave is the end of the stack, and then of the onboarding.
func (s *soak) leave(c *soaked) error {
	s.Helper()
	if c.stack.Status != "DELETE_COMPLETE" {
		if err := s.remove(c.stack); err != nil {
			return err
		}
	}
	if err := s.apply(c, with(c.config, fields{"force_destroy": true})); err != nil {
		return err
	}
	if err := s.apply(c, nil); err != nil {
		return err
	}
	c.stack = nil
	return nil
}

// invariants are what nothing may break.
func (s *soak) invariants() {
	s.Helper()
	all, err := s.store(s.T).List(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	offered := map[string]bool{}
	for _, c := range s.customers {
		rec := all[c.name]
		if c.state == nil {
			if rec.Offer != nil {
				s.Errorf("%s is gone, and its offer is not", c.name)
			}
			continue
		}
		if rec.Offer == nil {
			s.Errorf("%s has no offer", c.name)
			continue
		}
		s.hasID(c, rec.Offer.ExternalID)
		if rec.Status() == registry.Verified && c.stack == nil {
			s.Errorf("%s is called proven and has no stack", c.name)
		}
		if d := rec.Current(); d != nil && (d.Status == registry.Rejected || strings.Contains(fmt.Sprint(*d), forged) || strings.Contains(fmt.Sprint(*d), s.rogue.ID)) {
			s.Errorf("what was forged of %s is recorded: %+v", c.name, *d)
		}
		offered[rec.Offer.TemplateKey] = true
		for _, old := range rec.Offer.Superseded {
			offered[old.Key] = true
		}
	}
	for _, key := range s.templates(s.T) {
		if !offered[key] {
			s.Errorf("nobody offers the template %s", key)
		}
	}
}

// noted takes down the External ID that a customer has now.
func (s *soak) noted(c *soaked) {
	s.Helper()
	rec, err := s.store(s.T).Get(s.Context(), c.name)
	if err != nil {
		s.Fatal(err)
	}
	if rec.Offer != nil {
		s.hasID(c, rec.Offer.ExternalID)
	}
}

func (s *soak) hasID(c *soaked, id string) {
	s.Helper()
	if owner, known := s.given[id]; known && (owner != c.name || !slices.Contains(c.ids, id)) {
		s.Errorf("%s has an External ID that was given to %s", c.name, owner)
	}
	if s.given[id] = c.name; !slices.Contains(c.ids, id) {
		c.ids = append(c.ids, id)
	}
	if len(c.ids) > c.rotation+1 {
		s.Errorf("%s was rotated %d times and has had %v", c.name, c.rotation, c.ids)
	}
}

// killReceiver ends the receiver's processes as the machine under them would.
func (s *soak) killReceiver() {
	for _, pid := range s.lab.Receivers(s.hub.TableARN) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have gone
	}
}

// receiverMemory is what the receiver's largest process holds, in KB.
func (s *soak) receiverMemory() (most int) {
	for _, pid := range s.lab.Receivers(s.hub.TableARN) {
		most = max(most, lab.Memory(pid))
	}
	return most
}
