package plural

import (
	"context"
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
	for name, customer := range f.customers {
		if !customer.IsKnown() || s.importer.Configured() {
			continue
		}
		config, err := sh.config(f, name)
		if err != nil {
			return nil, err
		}
		if _, err := s.validate(ctx, r, f, name, config); err != nil {
			return nil, err
		}
	}
	return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: r.diagnostics()}, nil
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
	wanted, err := sh.read(req.ProposedNewState)
	if err != nil {
		return nil, err
	}
	p := &planner{server: s, shape: sh, prior: prior, wanted: wanted, private: private, report: &report{shape: sh}}
	if err := p.plan(ctx); err != nil {
		return nil, err
	}
	resp := &tfprotov6.PlanResourceChangeResponse{PlannedPrivate: req.PriorPrivate, Diagnostics: p.report.diagnostics()}
	resp.PlannedState, err = sh.write(wanted)
	return resp, err
}

type planner struct {
	*server
	shape         *shape
	prior, wanted *fleet
	private       private
	report        *report
}

// plan fills in what is planned to come out.
func (p *planner) plan(ctx context.Context) error {
	p.wanted.outs = values{}
	if p.wanted.open {
		return nil
	}
	for name := range p.prior.outs {
		if _, stays := p.wanted.customers[name]; !stays {
			if err := p.leaving(ctx, name); err != nil {
				return err
			}
		}
	}
	for name, customer := range p.wanted.customers {
		if !customer.IsKnown() {
			p.wanted.outs[name] = tftypes.NewValue(p.shape.out, tftypes.UnknownValue)
		} else if err := p.customer(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// leaving asks whether a customer may go.
func (p *planner) leaving(ctx context.Context, name string) error {
	is, err := p.stood(name)
	if err != nil {
		return err
	}
	_, ok, err := p.ask(ctx, p.prior, name, null(p.shape.one), is)
	if ok && p.wanted.given {
		p.report.add(p.prior, name, []*tfprotov6.Diagnostic{{
			Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Onboarding will be destroyed",
			Detail: "It is not in `customers` any more: its offer, its template and its link go. Terraform counts that as a change of this resource, so `prevent_destroy` does not stop it.",
		}})
	}
	return err
}

func (p *planner) customer(ctx context.Context, name string) error {
	config, err := p.shape.config(p.wanted, name)
	if err != nil {
		return err
	}
	is, err := p.stood(name)
	if err != nil {
		return err
	}
	same, err := p.shape.sameInputs(p.prior, p.wanted, name)
	if err != nil {
		return err
	}
	ok := true
	if !same {
		ok, err = p.validate(ctx, p.report, p.wanted, name, config)
	}
	var plan planned
	if err == nil && ok {
		plan, ok, err = p.ask(ctx, p.wanted, name, config, is)
	}
	if err != nil {
		return err
	}
	if ok && plan.again {
		p.report.add(p.wanted, name, []*tfprotov6.Diagnostic{{
			Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Onboarding will be made again",
			Detail: "This change makes another onboarding of the same name, with a new External ID and a new link; the former one is destroyed. The customer has to launch the new link.",
		}})
		plan, ok, err = p.ask(ctx, p.wanted, name, config, p.none())
		if err != nil {
			return err
		}
	}
	if !ok {
		p.wanted.outs[name] = tftypes.NewValue(p.shape.out, tftypes.UnknownValue)
		return nil
	}
	p.wanted.outs[name], err = p.shape.outOf(plan.state)
	return err
}

// ask has the singular resource plan one customer, who stands as is; config is null for one that goes. It returns false if
// that was refused.
func (p *planner) ask(ctx context.Context, f *fleet, name string, config tftypes.Value, is Imported) (planned, bool, error) {
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
func (p *planner) stood(name string) (Imported, error) {
	state, err := p.shape.state(p.prior, name)
	return Imported{State: state, Private: p.private.Customers[name]}, err
}

// none is a customer of whom nothing stands.
func (p *planner) none() Imported { return Imported{State: null(p.shape.one)} }

// sameInputs reports whether the arguments that hold for a customer are the same.
func (s *shape) sameInputs(prior, wanted *fleet, name string) (bool, error) {
	before, err := s.inputsOf(prior, name)
	if err != nil {
		return false, err
	}
	now, err := s.inputsOf(wanted, name)
	if err != nil {
		return false, err
	}
	return maps.EqualFunc(before, now, func(a, b tftypes.Value) bool { return a.Equal(b) }), nil
}

// names are all customers of either, in order.
func names(a, b *fleet) []string {
	all := maps.Clone(a.outs)
	maps.Copy(all, b.customers)
	return slices.Sorted(maps.Keys(all))
}
