package plural

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ValidateResourceConfig validates each customer as the singular resource. Once the provider is configured, a plan
// follows, which knows who stays as it is, and validates the others itself.
func (s *server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if req.TypeName != Many {
		return s.Server.ValidateResourceConfig(ctx, req)
	}
	sh, err := s.shape(ctx)
	if err != nil {
		return nil, err
	}
	f, err := sh.read(req.Config)
	if err != nil {
		return nil, err
	}
	r := &report{shape: sh}
	for name, m := range f.wrong {
		r.wrong(f, name, m)
	}
	sound := map[string]bool{}
	for name, customer := range f.customers {
		if customer == nil || f.wrong[name] != nil || s.provider.Configured() {
			continue
		}
		kind, err := kindOf(customer)
		if err != nil {
			return nil, err
		}
		if sound[kind] && s.provider.Sound(ctx, ownTexts(name, customer)) {
			continue // thousands are all alike
		}
		before := len(r.said)
		if _, err := s.validate(ctx, r, f, name, sh.config(f, name)); err != nil {
			return nil, err
		}
		sound[kind] = len(r.said) == before
	}
	return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: r.diagnostics()}, nil
}

// kindOf is the same for customers whose arguments are the same, save for ownTexts.
func kindOf(own values) (string, error) {
	others := maps.Clone(own)
	delete(others, accountName)
	rest := bare(others)
	d, err := tfprotov6.NewDynamicValue(rest.Type(), rest)
	_, pinned := own[accountName]
	return fmt.Sprint(pinned, string(d.MsgPack)), err
}

// ownTexts are the arguments that each customer has for itself.
func ownTexts(name string, own values) values {
	texts := values{keyName: str(name)}
	if account, pinned := own[accountName]; pinned {
		texts[accountName] = account
	}
	return texts
}

// validate has the singular resource validate one customer, and returns false if that was refused.
func (s *server) validate(ctx context.Context, r *report, f *fleet, name string, config tftypes.Value) (bool, error) {
	d, err := dynamic(r.shape.one, config)
	if err != nil {
		return false, err
	}
	resp, err := s.Server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: One, Config: d[0]})
	if err != nil {
		return false, err
	}
	return !r.add(f, name, resp.Diagnostics), nil
}

// planned is what the singular resource plans for a customer.
type planned struct {
	state   tftypes.Value
	private []byte
	// again is set when it must be destroyed and made again.
	again bool
}

// PlanResourceChange plans each customer that may change as the singular resource.
func (s *server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if req.TypeName != Many {
		return s.Server.PlanResourceChange(ctx, req)
	}
	sh, err := s.shape(ctx)
	if err != nil {
		return nil, err
	}
	prior, private, err := sh.open(req.PriorState, req.PriorPrivate)
	if err != nil {
		return nil, err
	}
	ctx = s.ownedBy(ctx, prior)
	// What is proposed has all of the configuration. Of thousands each of these is megabytes, and not needed any more.
	req.Config = nil
	p := &planner{server: s, shape: sh, prior: prior, wanted: prior.copy(), private: private, report: &report{shape: sh}}
	if p.asked = len(req.PriorState.MsgPack) == 0 || !bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack); p.asked {
		if p.wanted, err = sh.read(req.ProposedNewState); err != nil {
			return nil, err
		}
	}
	req.ProposedNewState = nil
	if err := p.plan(ctx); err != nil {
		return nil, err
	}
	resp := &tfprotov6.PlanResourceChangeResponse{PlannedState: req.PriorState, PlannedPrivate: req.PriorPrivate, Diagnostics: p.report.diagnostics()}
	if p.asked || p.moved {
		resp.PlannedState, err = sh.write(p.wanted)
	}
	return resp, err
}

type planner struct {
	*server
	shape         *shape
	prior, wanted *fleet
	private       private
	report        *report
	// asked is set when anything else is proposed than stands, moved when anything else comes out for a customer.
	asked, moved bool
}

// plan fills in what is planned to come out.
func (p *planner) plan(ctx context.Context) error {
	p.wanted.outs = map[string][]byte{}
	if p.wanted.given && p.wanted.owner.IsNull() {
		p.wanted.owner, p.moved = tftypes.NewValue(tftypes.String, tftypes.UnknownValue), true
	}
	for name, m := range p.wanted.wrong {
		p.report.wrong(p.wanted, name, m)
	}
	if known, err := p.known(ctx); err != nil || !known {
		return err
	}
	if p.prior.given && p.wanted.sameCustomers(p.prior) {
		p.wanted.written = p.prior.written // after an import they may be written in another way
	}
	if err := p.leave(ctx); err != nil {
		return err
	}
	for name, customer := range p.wanted.customers {
		plan := p.customer
		if customer == nil {
			plan = p.undecided
		}
		if err := plan(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// leave plans the end of those who are not among the customers any more.
func (p *planner) leave(ctx context.Context) error {
	for name := range p.prior.outs {
		if _, stays := p.wanted.customers[name]; stays {
			continue
		}
		p.moved = true
		is, err := p.stood(name)
		if err != nil {
			return err
		}
		if err := p.leaving(ctx, name, is); err != nil {
			return err
		}
	}
	return nil
}

// undecided says that what comes out for a customer is not known yet.
func (p *planner) undecided(_ context.Context, name string) error {
	return p.wanted.setOut(name, tftypes.NewValue(p.shape.out, tftypes.UnknownValue))
}

// known reports whether enough is known, and right, to plan each customer. Who stands must be: else somebody could be
// destroyed, or get another External ID, without a plan that shows it.
func (p *planner) known(ctx context.Context) (bool, error) {
	if p.wanted.open && len(p.prior.outs) > 0 {
		p.report.all("Customers not known yet", fmt.Sprintf("`customers` depends on something that has not been applied yet, so that nobody can tell which of those that stand (%d) stay. "+
			"Apply that first, for example with -target, or take the map from values that are known.", len(p.prior.outs)))
	}
	for name, customer := range p.wanted.customers {
		if _, stands := p.prior.outs[name]; stands && customer == nil {
			p.report.refuseCustomer(p.wanted, name, "Customer not known yet",
				"It stands, and what is to become of it depends on something that has not been applied yet. Apply that first, for example with -target, or take the object from values that are known; single arguments may be unknown.")
		}
	}
	if p.wanted.open || len(p.wanted.wrong) > 0 || p.report.failed() {
		return false, nil
	}
	return p.hubSound(ctx)
}

// hubSound has the hub validated if it is another one: with one customer, since it is the same for all.
func (p *planner) hubSound(ctx context.Context) (bool, error) {
	if !p.prior.given || !p.wanted.given || p.prior.hub.Equal(p.wanted.hub) || len(p.wanted.customers) == 0 {
		return true, nil
	}
	name := slices.Min(slices.Collect(maps.Keys(p.wanted.customers)))
	return p.validate(ctx, p.report, p.wanted, name, p.shape.config(p.wanted, name))
}

func (p *planner) customer(ctx context.Context, name string) error {
	config := p.shape.config(p.wanted, name)
	is, err := p.stood(name)
	if err != nil {
		return err
	}
	same := !p.asked || p.shape.sameInputs(p.prior, p.wanted, name)
	if same && p.stays(name, is) && p.provider.StillPlanned(ctx, is.State, config, is.Private) {
		p.wanted.outs[name] = p.prior.outs[name]
		return nil
	}
	p.moved = true
	ok := true
	if _, stood := p.prior.outs[name]; !same || !stood {
		ok, err = p.validate(ctx, p.report, p.wanted, name, config)
	}
	var plan planned
	if err == nil && ok {
		plan, ok, err = p.ask(ctx, p.wanted, name, config, is)
	}
	if err != nil {
		return err
	}
	if ok && (plan.again && !config.IsFullyKnown() || p.mayMove(is)) {
		p.report.warnCustomer(p.wanted, name, "Onboarding may be made again",
			"An argument that is not known yet decides. If it becomes another one, another onboarding of the same name is made, with a new External ID and a new link, and the former one is destroyed. The customer has to launch the new link then.")
		ok = false
	}
	ok = ok && (!plan.again || p.mayBeMadeAgain(name, is))
	if ok && plan.again {
		p.report.warnCustomer(p.wanted, name, "Onboarding will be made again",
			"This change makes another onboarding of the same name, with a new External ID and a new link; the former one is destroyed. The customer has to launch the new link.")
		plan, ok, err = p.ask(ctx, p.wanted, name, config, p.none())
		if err != nil {
			return err
		}
	}
	if !ok {
		return p.undecided(ctx, name)
	}
	out, err := p.shape.outOf(plan.state)
	if err != nil {
		return err
	}
	return p.wanted.setOut(name, out)
}

// stays reports whether what is proposed for a customer with the same arguments is what stands.
func (p *planner) stays(name string, is Kept) bool {
	stands, ok := elements(is.State)
	if _, otherwise := p.private.Stands[name]; !ok || len(stands) == 0 || otherwise || !p.prior.hub.Equal(p.wanted.hub) {
		return false
	}
	for input, v := range p.shape.inputsOf(p.wanted, name) {
		if slices.Contains(p.shape.computed, input) && !v.IsNull() && !v.Equal(stands[input]) {
			return false // somebody changed it
		}
	}
	return true
}

// ask has the singular resource plan one customer, who stands as is; config is null for one that goes. It returns false if
// that was refused.
func (p *planner) ask(ctx context.Context, f *fleet, name string, config tftypes.Value, is Kept) (planned, bool, error) {
	proposed, err := p.shape.proposed(config, is.State)
	if err != nil {
		return planned{}, false, err
	}
	d, err := dynamic(p.shape.one, is.State, proposed, config)
	if err != nil {
		return planned{}, false, err
	}
	resp, err := p.Server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: One, PriorState: d[0], ProposedNewState: d[1], Config: d[2], PriorPrivate: is.Private,
	})
	if err != nil {
		return planned{}, false, err
	}
	if p.report.add(f, name, resp.Diagnostics) {
		return planned{}, false, nil
	}
	v, err := resp.PlannedState.Unmarshal(p.shape.one)
	return planned{state: v, private: resp.PlannedPrivate, again: len(resp.RequiresReplace) > 0}, true, err
}

// stood is what stood of a customer before this run.
func (p *planner) stood(name string) (Kept, error) {
	return p.private.stood(p.shape, p.prior, name)
}

// none is a customer of whom nothing stands.
func (p *planner) none() Kept { return Kept{State: null(p.shape.one)} }

// sameInputs reports whether the arguments that hold for a customer are the same.
func (s *shape) sameInputs(prior, wanted *fleet, name string) bool {
	return maps.EqualFunc(s.inputsOf(prior, name), s.inputsOf(wanted, name), tftypes.Value.Equal)
}

// names are all customers of either, in order.
func names(a, b *fleet) []string {
	all := map[string]bool{}
	for name := range a.outs {
		all[name] = true
	}
	for name := range b.customers {
		all[name] = true
	}
	return slices.Sorted(maps.Keys(all))
}
