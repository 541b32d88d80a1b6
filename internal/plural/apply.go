package plural

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"golang.org/x/sync/errgroup"
)

// atATime is how many customers are worked on together. Each waits for AWS most of its time; when AWS asks for less, the
// retryers of the clients slow all of them down together.
const atATime = 16

// ApplyResourceChange applies each customer that changes as the singular resource. What fails leaves that customer as it
// was found to be, and the others done.
func (s *server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if req.TypeName != Many {
		return s.Server.ApplyResourceChange(ctx, req)
	}
	sh, err := s.shape(ctx)
	if err != nil {
		return nil, err
	}
	prior, private, err := sh.open(req.PriorState, req.PlannedPrivate)
	if err != nil {
		return nil, err
	}
	wanted, err := sh.read(req.PlannedState)
	if err != nil {
		return nil, err
	}
	a := &applier{planner: planner{server: s, shape: sh, prior: prior, wanted: wanted, private: private, report: &report{shape: sh}}}
	if ok, err := a.mayGo(ctx); err != nil || !ok {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PriorState, Private: req.PlannedPrivate, Diagnostics: a.report.diagnostics()}, err
	}
	wanted.named()
	owner := wanted
	if !wanted.given {
		owner = prior
	}
	if err := a.apply(s.ownedBy(ctx, owner)); err != nil {
		return nil, err
	}
	resp := &tfprotov6.ApplyResourceChangeResponse{Diagnostics: a.report.diagnostics()}
	if resp.NewState, err = sh.write(wanted); err != nil {
		return nil, err
	}
	if wanted.given {
		resp.Private, err = a.private.encode()
	}
	return resp, err
}

// applier carries a plan out.
type applier struct {
	planner
	mu sync.Mutex
	// stands is what each customer came to that was begun, with its private state; done are those that came to what was
	// planned.
	stands map[string]Kept
	done   map[string]bool
}

// mayGo asks all customers whether they may go, if all are to: Terraform does not plan that where it replaces the resource,
// and one that is refused leaves all as they are. They are read again, since one may have launched after the plan was made.
func (a *applier) mayGo(ctx context.Context) (bool, error) {
	if a.wanted.given {
		return true, nil
	}
	found, err := a.readAll(a.ownedBy(ctx, a.prior), a.report, a.prior, a.private)
	if err != nil {
		return false, err
	}
	for _, name := range slices.Sorted(maps.Keys(a.prior.outs)) {
		is, moved := found[name]
		if !moved {
			if is, err = a.stood(name); err != nil {
				return false, err
			}
		}
		if is.State.IsNull() {
			continue
		}
		if err := a.leaving(ctx, name, is); err != nil {
			return false, err
		}
	}
	if !a.report.failed() {
		return true, nil
	}
	a.report.all("No customer is destroyed", "All customers would have to go, and what is told above keeps some. Nothing was changed.")
	return false, nil
}

func (a *applier) apply(ctx context.Context) error {
	var work []string
	for _, name := range names(a.prior, a.wanted) {
		if a.changes(name) {
			work = append(work, name)
		}
	}
	a.stands, a.done = map[string]Kept{}, map[string]bool{}
	var all errgroup.Group
	all.SetLimit(atATime)
	for _, name := range work {
		all.Go(func() error {
			if interrupted(ctx) {
				return nil // what has not begun is left for the next apply
			}
			if err := a.safely(ctx, name); err != nil {
				a.report.refuseCustomer(a.wanted, name, "Unable to work on the customer",
					"Please report this to the provider's developers; what was done for the others is kept.\n\nError: "+err.Error())
			}
			return nil
		})
	}
	_ = all.Wait() // each has said its own
	return a.conclude(work)
}

func interrupted(ctx context.Context) bool { return ctx.Err() != nil }

// safely turns a panic into an error: else the provider would end, and Terraform would forget the private state of all.
func (a *applier) safely(ctx context.Context, name string) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n\n%s", cause, debug.Stack())
		}
	}()
	return a.customer(ctx, name)
}

// changes reports whether a customer comes, goes, or is planned to be another than it was.
func (a *applier) changes(name string) bool {
	before, had := a.prior.outs[name]
	after, has := a.wanted.outs[name]
	if had != has || !bytes.Equal(before, after) || !a.prior.hub.Equal(a.wanted.hub) {
		return true
	}
	return !a.shape.sameInputs(a.prior, a.wanted, name)
}

// customer brings one customer to where it was planned to be.
func (a *applier) customer(ctx context.Context, name string) error {
	is, err := a.stood(name)
	if err != nil {
		return err
	}
	config := null(a.shape.one)
	if _, stays := a.wanted.customers[name]; stays {
		config = a.shape.config(a.wanted, name)
	}
	plan, ok, err := a.ask(ctx, a.wanted, name, config, is)
	if err != nil || !ok {
		return err
	}
	if plan.again {
		if !a.mayBeMadeAgain(name, is) {
			return nil // it was not known when it was planned
		}
		gone := planned{state: null(a.shape.one), private: is.Private}
		if is, ok, err = a.one(ctx, name, is.State, gone, null(a.shape.one)); err == nil && ok {
			plan, ok, err = a.ask(ctx, a.wanted, name, config, a.none())
		}
	}
	if err == nil && ok && !plan.state.Equal(is.State) {
		is, ok, err = a.one(ctx, name, is.State, plan, config)
	}
	a.concluded(name, is, ok && err == nil)
	return err
}

func (a *applier) concluded(name string, is Kept, done bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stands[name], a.done[name] = is, done
}

// one applies a plan of the singular resource, and returns what stands then.
func (a *applier) one(ctx context.Context, name string, state tftypes.Value, plan planned, config tftypes.Value) (Kept, bool, error) {
	is := Kept{State: state, Private: plan.private}
	d, err := dynamic(a.shape.one, state, plan.state, config)
	if err != nil {
		return is, false, err
	}
	resp, err := a.Server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: One, PriorState: d[0], PlannedState: d[1], Config: d[2], PlannedPrivate: plan.private,
	})
	if err != nil {
		return is, false, err
	}
	ok := !a.report.add(a.wanted, name, resp.Diagnostics)
	v, err := resp.NewState.Unmarshal(a.shape.one)
	return Kept{State: v, Private: resp.Private}, ok, err
}

// conclude makes the new state: of the customers that are done what was made, of the others what stands, so that the
// next plan shows them again.
func (a *applier) conclude(work []string) error {
	undone := map[string]bool{}
	for _, name := range work {
		if !a.done[name] {
			undone[name] = true
		}
	}
	if len(undone) > 0 && !a.prior.given {
		a.report.all("Not all customers were made", who(undone, len(undone))+" could not be made. Nothing is kept in the state, since Terraform would destroy all and make them again. "+
			fmt.Sprintf("Made and in the registry: %d. The next apply takes over what was made with its External IDs, and makes the others. For one that has answered meanwhile, set `adopt = true`.", len(work)-len(undone)))
		a.wanted.given = false
		return nil
	}
	if len(undone) > 0 && !a.wanted.given {
		a.wanted.given, a.wanted.changed, a.wanted.hub, a.wanted.owner, a.wanted.shared = true, true, a.prior.hub, a.prior.owner, a.prior.shared
	}
	for _, name := range work {
		if _, begun := a.stands[name]; begun {
			continue
		}
		is, err := a.stood(name)
		if err != nil {
			return err
		}
		a.stands[name] = is
	}
	if err := a.keepHub(undone); err != nil {
		return err
	}
	for _, name := range work {
		if err := a.settle(name, a.stands[name]); err != nil {
			return fmt.Errorf("keeping customer %q in the state: %w", name, err)
		}
	}
	if len(undone) > 0 {
		a.report.all("Not all customers are done", fmt.Sprintf("%s: not done. Of the others that were to change, done and kept: %d. The next apply does the rest.", who(undone, len(undone)), len(work)-len(undone)))
	}
	return nil
}

// keepHub keeps a former hub, as long as anybody stands there: a run that has lost what is kept beside the attributes would
// look for them in the new one, and offer their External IDs there.
func (a *applier) keepHub(undone map[string]bool) error {
	wanted, err := placeOf(a.wanted.hub)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(undone)) {
		one, err := fields(a.stands[name].State)
		if err != nil {
			return err
		}
		if len(one) == 0 {
			continue
		}
		if is, err := placeOf(one[hubName]); err != nil || is != wanted {
			a.wanted.hub = one[hubName]
			return err
		}
	}
	return nil
}

// settle puts what one customer came to into the new state.
func (a *applier) settle(name string, is Kept) error {
	delete(a.wanted.outs, name)
	if !is.State.IsNull() {
		out, err := a.shape.outOf(is.State)
		if err != nil {
			return err
		}
		if err := a.wanted.setOut(name, out); err != nil {
			return err
		}
	}
	return a.private.keep(a.shape, a.wanted, name, is, a.done[name])
}
