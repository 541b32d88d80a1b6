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
	resp, err := s.Server.ValidateProviderConfig(ctx, req)
	if resp != nil {
		point(resp.Diagnostics)
	}
	return resp, err
}

func (s pointer) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := s.Server.ValidateResourceConfig(ctx, req)
	if resp != nil {
		point(resp.Diagnostics)
	}
	return resp, err
}

func (s pointer) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	resp, err := s.Server.PlanResourceChange(ctx, req)
	if resp != nil {
		point(resp.Diagnostics)
	}
	return resp, err
}

func (s pointer) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := s.Server.ApplyResourceChange(ctx, req)
	if resp != nil {
		point(resp.Diagnostics)
	}
	return resp, err
}

func (s pointer) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	resp, err := s.Server.ValidateDataResourceConfig(ctx, req)
	if resp != nil {
		point(resp.Diagnostics)
	}
	return resp, err
}

func (s pointer) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	resp, err := s.Server.ReadDataSource(ctx, req)
	if resp != nil {
		point(resp.Diagnostics)
	}
	return resp, err
}

func (s pointer) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	resp, err := s.Server.ValidateEphemeralResourceConfig(ctx, req)
	if resp != nil {
		point(resp.Diagnostics)
	}
	return resp, err
}

func (s pointer) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	resp, err := s.Server.OpenEphemeralResource(ctx, req)
	if resp != nil {
		point(resp.Diagnostics)
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
