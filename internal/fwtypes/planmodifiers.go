package fwtypes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

// KeepSamePolicies keeps the prior text of every policy document in a map whose meaning did not change, so that a
// document that was only written differently shows no change and makes no new template.
func KeepSamePolicies() planmodifier.Map { return keepSamePolicies{} }

type keepSamePolicies struct{}

func (keepSamePolicies) Description(context.Context) string {
	return "policies are compared by meaning, not by text"
}

func (k keepSamePolicies) MarkdownDescription(ctx context.Context) string { return k.Description(ctx) }

func (keepSamePolicies) PlanModifyMap(_ context.Context, req planmodifier.MapRequest, resp *planmodifier.MapResponse) {
	if req.StateValue.IsNull() || req.PlanValue.IsNull() || req.PlanValue.IsUnknown() {
		return
	}
	plan, state := req.PlanValue.Elements(), req.StateValue.Elements()
	for name, value := range plan {
		planned, ok := value.(types.String)
		prior, had := state[name].(types.String)
		if !ok || !had || planned.IsUnknown() || !cfn.SamePolicy(planned.ValueString(), prior.ValueString()) {
			continue
		}
		plan[name] = prior
	}
	kept, diags := types.MapValue(types.StringType, plan)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() {
		resp.PlanValue = kept
	}
}
