package provider

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

var _ list.ListResourceWithConfigure = (*onboardingListResource)(nil)

// onboardingListResource lists what the resource of the same name could import.
type onboardingListResource struct{ onboardingResource }

type onboardingListModel struct {
	Hub      registryHubModel `tfsdk:"hub"`
	Statuses []string         `tfsdk:"statuses"`
}

func newOnboardingListResource() list.ListResource { return &onboardingListResource{} }

func (l *onboardingListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	hub := map[string]schema.Attribute{}
	for _, h := range registryHubTexts() {
		hub[h.name] = schema.StringAttribute{Required: true, MarkdownDescription: h.text, Validators: h.validators}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The onboardings of a hub's registry, for `terraform query` of Terraform 1.14 and newer: find what another configuration or a person has made, and adopt it by import.",
		Attributes: map[string]schema.Attribute{
			"hub": schema.SingleNestedAttribute{Required: true, MarkdownDescription: registryHubDescription, Attributes: hub},
			"statuses": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Only onboardings with one of these statuses. Default: all.",
				Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.ValueStringsAre(fwtypes.OneOf(statusNames()...))},
			},
		},
	}
}

// List reads the registry page by page, and no further than until there are enough results.
func (l *onboardingListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config onboardingListModel
	diags := req.Config.Get(ctx, &config)
	if diags.HasError() || !l.ready(&diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	kinds := l.modelTypes(ctx, &diags)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) { l.pages(ctx, req, config, kinds, push) }
}

func (l *onboardingListResource) pages(ctx context.Context, req list.ListRequest, config onboardingListModel, kinds modelTypes, push func(list.ListResult) bool) {
	hub, left := config.Hub.toHub(), req.Limit
	for records, err := range l.registry(hub).Pages(ctx, itemsFor(req.Limit)) {
		if err != nil {
			push(unlisted(hub, err))
			return
		}
		for _, rec := range records {
			if len(config.Statuses) > 0 && !slices.Contains(config.Statuses, string(rec.Status())) {
				continue
			}
			if left--; !push(l.result(ctx, req, hub, rec, kinds)) || left == 0 {
				return
			}
		}
	}
}

// itemsFor is how many items of the registry hold so many onboardings, if nothing else: offer, reservation, delivery. No
// limit is 0.
func itemsFor(limit int64) int32 {
	return int32(min(max(limit, 0), math.MaxInt32/3)) * 3
}

func unlisted(hub onboarding.Hub, err error) list.ListResult {
	var diags diag.Diagnostics
	diags.AddError("Unable to list the onboardings", fmt.Sprintf("Registry %q in %q.%s\n\nError: %s", hub.Table, hub.Region, hint(err), err.Error()))
	return list.ListResult{Diagnostics: diags}
}

func (l *onboardingListResource) result(ctx context.Context, req list.ListRequest, hub onboarding.Hub, rec registry.Record, kinds modelTypes) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = fmt.Sprintf("%s (%s)", rec.Offer.Name, rec.Status())
	result.Diagnostics.Append(result.Identity.Set(ctx, onboardingIdentityModel{
		AccountID: types.StringValue(hub.AccountID), Region: types.StringValue(hub.Region), Table: types.StringValue(hub.Table), Name: types.StringValue(rec.Offer.Name),
	})...)
	if !req.IncludeResource {
		return result
	}
	if m := l.fromOffer(ctx, rec, kinds, &result.Diagnostics); !result.Diagnostics.HasError() {
		result.Diagnostics.Append(result.Resource.Set(ctx, m)...)
	}
	return result
}
