package onboarding_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// rotating is one customer's onboarding on its way through rotations.
type rotating struct {
	*world
	t     *testing.T
	in    onboarding.Inputs
	on    *onboarding.Onboarding
	stack *lab.Stack
}

// connect invites a customer who launches.
func (w *world) connect(t *testing.T, mode cfn.Mode) *rotating {
	t.Helper()
	r := &rotating{world: w, t: t, in: w.inputs("globex")}
	r.in.TemplateMode = mode
	var err error
	if r.on, err = w.service(t).Create(t.Context(), r.in); err != nil {
		t.Fatal(err)
	}
	if r.stack, err = w.customer.Launch(t.Context(), r.on.Publication.LaunchURL); err != nil {
		t.Fatal(err)
	}
	r.settled("CREATE_COMPLETE")
	return r
}

func (r *rotating) settled(want string) {
	r.t.Helper()
	if err := r.stack.Wait(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	if r.stack.Status != want {
		r.t.Fatalf("the stack ended as %s, not %s: %+v", r.stack.Status, want, r.stack.Events)
	}
}

// try changes the inputs and applies, which the service may refuse.
func (r *rotating) try(change func(*onboarding.Inputs)) error {
	r.t.Helper()
	in := r.in
	change(&in)
	on, err := r.service(r.t).Update(r.t.Context(), in, r.on.Identity, r.on.Publication.Key, r.on.Ownership)
	if err == nil {
		r.in, r.on = in, on
	}
	return err
}

func (r *rotating) apply(change func(*onboarding.Inputs)) {
	r.t.Helper()
	if err := r.try(change); err != nil {
		r.t.Fatal(err)
	}
}

func to(rotation string) func(*onboarding.Inputs) {
	return func(in *onboarding.Inputs) { in.Rotation, in.RotationFinish = rotation, nil }
}

func finished(in *onboarding.Inputs) { in.RotationFinish = aws.Bool(true) }

// update is the customer's update of the stack to the template that is offered now.
func (r *rotating) update() {
	r.t.Helper()
	r.updateTo(r.on.Publication.TemplateURL)
}

func (r *rotating) updateTo(templateURL string) {
	r.t.Helper()
	if err := r.stack.Update(r.t.Context(), templateURL); err != nil {
		r.t.Fatal(err)
	}
	r.settled("UPDATE_COMPLETE")
}

func (r *rotating) record() registry.Record {
	r.t.Helper()
	rec, err := r.service(r.t).Registry.Get(r.t.Context(), "globex")
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

// shows wants the partner to see a verified role, which of the External IDs is used, and whether the customer has to
// update.
func (r *rotating) shows(inUse string, outdated bool) {
	r.t.Helper()
	rec := r.record()
	if rec.Status() != registry.Verified || rec.ExternalIDInUse() != inUse || rec.Outdated() != outdated {
		r.t.Fatalf("the onboarding is %s, outdated %t, with %q in use; not verified, %t, %q", rec.Status(), rec.Outdated(), rec.ExternalIDInUse(), outdated, inUse)
	}
	if err := assume(r.t.Context(), sts.NewFromConfig(r.partner.Config(r.hub.Region)), rec); err != nil {
		r.t.Fatal(err)
	}
}

// opens reports whether the role accepts an External ID.
func (r *rotating) opens(externalID string) bool {
	r.t.Helper()
	_, err := sts.NewFromConfig(r.partner.Config(r.hub.Region)).AssumeRole(r.t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String(r.record().Delivery.RoleARN), RoleSessionName: aws.String("collector"), ExternalId: &externalID,
	})
	return err == nil
}

func assume(ctx context.Context, client *sts.Client, rec registry.Record) error {
	_, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: &rec.Delivery.RoleARN, RoleSessionName: aws.String("collector"), ExternalId: aws.String(rec.ExternalIDInUse()),
	}, func(o *sts.Options) { o.RetryMaxAttempts = 1 })
	return err
}

// collectors use the role all the time, as the partner's product does, with the External ID that the registry says.
type collectors struct {
	t     *testing.T
	tries chan error
	stop  chan struct{}
	done  sync.WaitGroup
	count int
}

func (r *rotating) collect(workers int) *collectors {
	c := &collectors{t: r.t, tries: make(chan error, 1<<16), stop: make(chan struct{})}
	store, client := r.service(r.t).Registry, sts.NewFromConfig(r.partner.Config(r.hub.Region))
	for range workers {
		c.done.Go(func() {
			for {
				select {
				case <-c.stop:
					return
				default:
				}
				rec, err := store.Get(r.t.Context(), "globex")
				if err == nil {
					err = assume(r.t.Context(), client, rec)
				}
				c.tries <- err
			}
		})
	}
	return c
}

// during runs a step while the role is used, and then some more, so that no try spans two steps.
func (c *collectors) during(step string, run func()) {
	c.t.Helper()
	run()
	c.drain(step, len(c.tries)+triesPerStep)
}

func (c *collectors) drain(step string, tries int) {
	c.t.Helper()
	for range tries {
		if err := <-c.tries; err != nil {
			c.t.Errorf("during %q, after %d tries: %v", step, c.count, err)
		}
		c.count++
	}
}

func (c *collectors) end() {
	close(c.stop)
	c.done.Wait()
	c.drain("the end", len(c.tries))
}

const triesPerStep = 200

// The promise of a rotation: the partner's product never fails to assume the role, from before the new External ID until
// the former one is gone.
func TestRotation_zeroFailedAssumes(t *testing.T) {
	t.Parallel()
	for _, mode := range []cfn.Mode{cfn.Pinned, cfn.Parameters} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			r := newWorld(t).connect(t, mode)
			first := r.on.ExternalID
			r.shows(first, false)
			c := r.collect(2)
			c.during("rotate", func() { r.apply(to("second")) })
			second := r.on.ExternalID
			if second == first || r.on.PreviousExternalID != first {
				t.Fatalf("the rotation made %q and %q of %q", second, r.on.PreviousExternalID, first)
			}
			r.shows(first, true)
			c.during("the customer updates", r.update)
			r.shows(second, false)
			c.during("finish", func() { r.apply(finished) })
			r.shows(second, true)
			c.during("the customer updates again", r.update)
			r.shows(second, false)
			c.during("rotate again", func() { r.apply(to("third")) })
			r.shows(second, true)
			c.during("the customer updates a third time", r.update)
			r.shows(r.on.ExternalID, false)
			c.end()
			t.Logf("%d tries", c.count)
			if c.count < 1000 {
				t.Errorf("only %d tries were made", c.count)
			}
			if r.opens(first) {
				t.Error("the first External ID still opens the role")
			}
		})
	}
}

// The customer's update fails after its callback was answered, and CloudFormation takes the stack back to the former
// template. That must not fail, and the former External ID is used again.
func TestRotation_customerRollsBack(t *testing.T) {
	t.Parallel()
	r := newWorld(t).connect(t, cfn.Pinned)
	first, launched := r.on.ExternalID, r.on.Publication.TemplateURL
	taken := "Taken"
	if _, err := iam.NewFromConfig(r.customer.Config("us-east-1")).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: &taken, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`),
	}); err != nil {
		t.Fatal(err)
	}
	r.apply(to("second"))
	second := r.on.ExternalID
	failing := strings.Replace(string(r.on.Publication.Body), "\nResources:\n", fmt.Sprintf(`
Resources:
  Another:
    Type: AWS::IAM::Role
    DependsOn: %s
    Properties:
      RoleName: Taken
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] }
`, r.on.Publication.CallbackLogicalID), 1)
	if err := r.stack.Update(t.Context(), "", func(f *lab.Form) { f.TemplateBody = failing }); err != nil {
		t.Fatal(err)
	}
	r.settled("UPDATE_ROLLBACK_COMPLETE")
	r.shows(first, true)
	r.update()
	r.shows(second, false)
	// The customer deploys what it had before: the former External ID is trusted by xrole as long as the rotation lasts.
	r.updateTo(launched)
	r.shows(first, true)
	r.refused(finished, onboarding.RefusedFinish)
	r.update()
	r.shows(second, false)
	r.apply(finished)
	r.update()
	r.shows(second, false)
}

func (r *rotating) refused(change func(*onboarding.Inputs), want onboarding.Refusal) {
	r.t.Helper()
	before := r.record().Offer.Revision
	var refused *onboarding.RotationError
	if err := r.try(change); !errors.As(err, &refused) || refused.Refusal != want {
		r.t.Errorf("not refused as %q: %v", want, err)
	}
	if after := r.record().Offer.Revision; after != before {
		r.t.Errorf("what was refused was written: %s became %s", before, after)
	}
}

// What would need a third External ID, or would cut the live role off, is refused; a destroy in the middle leaves nothing.
func TestRotation_refused(t *testing.T) {
	t.Parallel()
	r := newWorld(t).connect(t, cfn.Pinned)
	atOnce := func(in *onboarding.Inputs) { to("second")(in); finished(in) }
	r.refused(atOnce, onboarding.RefusedAtOnce)
	r.refused(func(in *onboarding.Inputs) { to("second")(in); in.GivenExternalID = r.on.ExternalID }, onboarding.RefusedGiven)
	r.apply(to("second"))
	r.refused(to("third"), onboarding.RefusedSecond)
	r.refused(finished, onboarding.RefusedFinish)
	r.update()
	first := r.on.PreviousExternalID
	r.apply(to("third"))
	if r.on.PreviousExternalID == first {
		t.Error("the second rotation did not drop the oldest External ID")
	}
	if err := r.service(t).Delete(t.Context(), "globex", r.on.Publication.Key, true, r.on.Ownership); err != nil {
		t.Fatal(err)
	}
	if left := r.templates(t, "globex"); r.record().Offer != nil || len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Before the launch there is nobody to cut off. A link that was sent before the rotation still leads to a verified role.
func TestRotation_beforeTheLaunch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := &rotating{world: w, t: t, in: w.inputs("globex")}
	var err error
	if r.on, err = w.service(t).Create(t.Context(), r.in); err != nil {
		t.Fatal(err)
	}
	leaked := r.on.ExternalID
	r.apply(func(in *onboarding.Inputs) { to("second")(in); finished(in) })
	if r.on.ExternalID == leaked || r.on.PreviousExternalID != "" {
		t.Errorf("%q became %q, with %q still trusted", leaked, r.on.ExternalID, r.on.PreviousExternalID)
	}
	sent, first := r.on.Publication.LaunchURL, r.on.ExternalID
	r.apply(to("third"))
	if r.stack, err = w.customer.Launch(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	r.settled("CREATE_COMPLETE")
	r.shows(first, true)
	r.update()
	r.shows(r.on.ExternalID, false)
}
