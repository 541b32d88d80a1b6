package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/plural"
)

// pointer has each message point as deep as Terraform can show: at an argument, or at one element of it. Of a deeper place
// Terraform shows the first line of the block, which looks as if that were wrong; the message names the place itself.
type pointer struct{ plural.Server }

func (s pointer) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return pointed(ctx, req, s.Server.ValidateProviderConfig, func(r *tfprotov6.ValidateProviderConfigResponse) []*tfprotov6.Diagnostic { return r.Diagnostics })
}

func (s pointer) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return pointed(ctx, req, s.Server.ValidateResourceConfig, func(r *tfprotov6.ValidateResourceConfigResponse) []*tfprotov6.Diagnostic { return r.Diagnostics })
}

func (s pointer) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return pointed(ctx, req, s.Server.PlanResourceChange, func(r *tfprotov6.PlanResourceChangeResponse) []*tfprotov6.Diagnostic { return r.Diagnostics })
}

func (s pointer) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return pointed(ctx, req, s.Server.ApplyResourceChange, func(r *tfprotov6.ApplyResourceChangeResponse) []*tfprotov6.Diagnostic { return r.Diagnostics })
}

func (s pointer) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return pointed(ctx, req, s.Server.ValidateDataResourceConfig, func(r *tfprotov6.ValidateDataResourceConfigResponse) []*tfprotov6.Diagnostic { return r.Diagnostics })
}

func (s pointer) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return pointed(ctx, req, s.Server.ReadDataSource, func(r *tfprotov6.ReadDataSourceResponse) []*tfprotov6.Diagnostic { return r.Diagnostics })
}

func (s pointer) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return pointed(ctx, req, s.Server.ValidateEphemeralResourceConfig, func(r *tfprotov6.ValidateEphemeralResourceConfigResponse) []*tfprotov6.Diagnostic {
		return r.Diagnostics
	})
}

func (s pointer) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return pointed(ctx, req, s.Server.OpenEphemeralResource, func(r *tfprotov6.OpenEphemeralResourceResponse) []*tfprotov6.Diagnostic { return r.Diagnostics })
}

func pointed[Request, Response any](ctx context.Context, req Request, serve func(context.Context, Request) (*Response, error), said func(*Response) []*tfprotov6.Diagnostic) (*Response, error) {
	resp, err := serve(ctx, req)
	if resp != nil {
		point(said(resp))
	}
	return resp, err
}

func point(all []*tfprotov6.Diagnostic) {
	for _, d := range all {
		steps := d.Attribute.Steps()
		if len(steps) < 2 {
			continue
		}
		keep := 1
		if _, below := steps[1].(tftypes.AttributeName); !below {
			keep = 2
		}
		d.Attribute = tftypes.NewAttributePathWithSteps(steps[:keep])
	}
}
