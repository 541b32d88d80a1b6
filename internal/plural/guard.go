package plural

import (
	"context"
	"slices"
)

// leaving asks whether a customer may go.
func (p *planner) leaving(ctx context.Context, name string, is Kept) error {
	holder := p.provider.Holder(is.Private)
	switch {
	case holder == Anyone && p.wanted.given:
		p.report.refuseCustomer(p.prior, name, "Refusing to destroy what was only imported",
			"An import takes in all that the registry holds. Another Terraform state may hold this onboarding, which is not in `customers`; this one has never written it. "+
				"Write it into `customers`. If it is to go, set `adopt = true` for it there and apply, which makes it this state's, and then take it out.")
		return nil
	case holder == Anyone:
		p.report.refuseCustomer(p.prior, name, "Refusing to destroy what was only imported",
			"Another Terraform state may hold this onboarding; this one has never written it. If it is to go, set `adopt = true` for it and apply, which makes it this state's, and then destroy it. "+
				"If this state is only to forget it, with all others of this resource, use `terraform state rm`, or a `removed` block with `destroy = false`.")
		return nil
	}
	_, ok, err := p.ask(ctx, p.prior, name, null(p.shape.one), is)
	if ok && p.wanted.given && holder != Another { // which is only forgotten, and told of
		p.report.warnCustomer(p.prior, name, "Onboarding will be destroyed",
			"It is not in `customers` any more: its offer, its template and its link go. Terraform counts that as a change of this resource, so `prevent_destroy` does not stop it.")
	}
	return err
}

// mayBeMadeAgain refuses to make one again who may be another state's.
func (p *planner) mayBeMadeAgain(name string, is Kept) bool {
	if p.provider.Holder(is.Private) != Anyone {
		return true
	}
	p.report.refuseCustomer(p.wanted, name, "Refusing to make again what was only imported",
		"Another Terraform state may hold this onboarding; this one has never written it, and this change would destroy it and make another one of the same name. "+
			"Put back what was changed. If it is to be made again, set `adopt = true` for it and apply, which makes it this state's, and then change it.")
	return false
}

// mayMove reports whether a hub that is not known yet may be another one than that of who stands.
func (p *planner) mayMove(is Kept) bool {
	hub, err := fields(p.wanted.hub)
	return !is.State.IsNull() && (err != nil || !p.wanted.hub.IsKnown() || slices.ContainsFunc(hubPlace(), func(attribute string) bool { return !hub[attribute].IsKnown() }))
}
