package provider

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
)

var (
	_ provider.Provider              = (*xroleProvider)(nil)
	_ provider.ProviderWithFunctions = (*xroleProvider)(nil)

	_ provider.ProviderWithEphemeralResources = (*xroleProvider)(nil)
	_ provider.ProviderWithListResources      = (*xroleProvider)(nil)
	_ provider.ProviderWithActions            = (*xroleProvider)(nil)
)

type xroleProvider struct {
	version string
	// data is set once the provider is configured.
	data *providerData
}

type providerModel struct {
	Region      types.String `tfsdk:"region"`
	Profile     types.String `tfsdk:"profile"`
	AssumeRole  types.Object `tfsdk:"assume_role"`
	DefaultTags types.Map    `tfsdk:"default_tags"`
	Endpoints   types.Map    `tfsdk:"endpoints"`
	MaxRetries  types.Int64  `tfsdk:"max_retries"`
}

type assumeRoleModel struct {
	RoleARN     types.String `tfsdk:"role_arn"`
	ExternalID  types.String `tfsdk:"external_id"`
	SessionName types.String `tfsdk:"session_name"`
	Duration    types.String `tfsdk:"duration"`
}

func (p *xroleProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "xrole"
	resp.Version = p.version
}

func (p *xroleProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Cross-account access from the partner's side: a vendor declares its customers, and each gets a unique External ID, " +
			"a CloudFormation template and a launch link; the role that the customer makes with it is proven before it is used.",
		Attributes: map[string]schema.Attribute{
			"region": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The home region of the hubs that are made here, and where `data.xrole_hub` and imports look for one. Default: what the SDK's own chain finds. A hub that is there is always asked in its own region.",
				Validators:          []validator.String{fwtypes.Region()},
			},
			"profile": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The profile of the shared AWS configuration to use. Default: the SDK's own chain (environment, SSO, web identity, container, instance).",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"assume_role": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "A role to assume for every request, from the credentials found otherwise. It is assumed at the first request, not when the provider is configured.",
				Attributes: map[string]schema.Attribute{
					"role_arn":     schema.StringAttribute{Required: true, MarkdownDescription: "The role's ARN.", Validators: []validator.String{fwtypes.RoleARN()}},
					"external_id":  schema.StringAttribute{Optional: true, MarkdownDescription: "The External ID that the role asks for, 2 to 1,224 characters.", Validators: []validator.String{fwtypes.ExternalID()}},
					"session_name": schema.StringAttribute{Optional: true, MarkdownDescription: "The session's name, 2 to 64 characters. Default: `terraform-provider-xrole`.", Validators: []validator.String{stringvalidator.LengthBetween(2, 64)}},
					"duration":     schema.StringAttribute{Optional: true, MarkdownDescription: "How long the session lasts, such as `1h`; 15 minutes to 12 hours, one hour at most where the credentials are a role's session themselves. Default: `15m`.", Validators: []validator.String{fwtypes.SessionDuration()}},
				},
			},
			"default_tags": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Tags for everything the provider makes in the partner's account; an equal key in a resource's `tags` wins.",
				Validators:          []validator.Map{fwtypes.Tags()},
			},
			"endpoints": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Endpoint URL per service: `" + strings.Join(awsapi.Services(), "`, `") + "`. The SDK's variables (`AWS_ENDPOINT_URL_S3` and so on) work as well.",
				Validators: []validator.Map{
					mapvalidator.KeysAre(fwtypes.OneOf(awsapi.Services()...)),
					mapvalidator.ValueStringsAre(fwtypes.HTTPURL()),
				},
			},
			"max_retries": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How often a request is tried in all before it fails, 1 to 100. Throttling slows down all requests of the process together. Default: 10.",
				Validators:          []validator.Int64{int64validator.Between(1, 100)},
			},
		},
	}
}

func (p *xroleProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := &providerData{now: time.Now} //nolint:forbidigo // the default clock
	data.unknown = config.unknown(ctx)
	if len(data.unknown) == 0 {
		p.connect(ctx, config, data, resp)
	}
	p.data = data
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = data, data, data
	resp.ListResourceData, resp.ActionData = data, data
}

func (p *xroleProvider) connect(ctx context.Context, config providerModel, data *providerData, resp *provider.ConfigureResponse) {
	options := awsapi.Options{
		Region:     config.Region.ValueString(),
		Profile:    config.Profile.ValueString(),
		MaxRetries: int(config.MaxRetries.ValueInt64()),
		UserAgent:  "terraform-provider-xrole/" + p.version,
		Log:        logRequest,
	}
	resp.Diagnostics.Append(config.Endpoints.ElementsAs(ctx, &options.Endpoints, true)...)
	resp.Diagnostics.Append(config.DefaultTags.ElementsAs(ctx, &data.defaultTags, true)...)
	resp.Diagnostics.Append(assumeRole(ctx, config.AssumeRole, &options)...)
	if resp.Diagnostics.HasError() {
		return
	}
	cfg, err := awsapi.Load(ctx, options)
	switch {
	case errors.Is(err, awsapi.ErrNoRegion):
		resp.Diagnostics.AddAttributeError(path.Root("region"), "No AWS region", "Set `region`, AWS_REGION, or the region of the profile. It is where hubs are looked for.")
		return
	case err != nil && options.Profile != "":
		resp.Diagnostics.AddAttributeError(path.Root("profile"), "Unable to load the AWS profile", configHint+"\n\nError: "+err.Error())
		return
	case err != nil:
		resp.Diagnostics.AddError("Unable to load the AWS configuration", configHint+"\n\nError: "+err.Error())
		return
	}
	data.region = cfg.Region
	data.clients = awsclients.New(cfg, options.Endpoints)
}

// logRequest tells TF_LOG=DEBUG of a request. What was sent and what came back stays out: credentials are among it.
func logRequest(ctx context.Context, t awsapi.Try) {
	tflog.Debug(ctx, "AWS request", map[string]any{
		"aws_service": t.Service, "aws_operation": t.Operation, "aws_region": t.Region,
		"http_status": t.Status, "aws_error": t.Code, "aws_request_id": t.RequestID,
	})
}

const configHint = "The provider finds credentials and region as the AWS CLI does. Check `profile`, the environment's AWS_ variables and the shared configuration files."

// unknown lists the arguments that are not known yet.
func (m providerModel) unknown(ctx context.Context) []string {
	var names []string
	for _, a := range []struct {
		name  string
		value attr.Value
	}{
		{"region", m.Region},
		{"profile", m.Profile},
		{"assume_role", m.AssumeRole},
		{"default_tags", m.DefaultTags},
		{"endpoints", m.Endpoints},
		{"max_retries", m.MaxRetries},
	} {
		if !known(ctx, a.value) {
			names = append(names, a.name)
		}
	}
	return names
}

func (p *xroleProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newHubResource, newOnboardingResource}
}

func (p *xroleProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{newHubDataSource, newRoleDataSource, newRolesDataSource, newTrustCheckDataSource}
}

func (p *xroleProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{newCredentialsResource}
}

func (p *xroleProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{newOnboardingListResource}
}

func (p *xroleProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{newVerifyAction}
}

func (p *xroleProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newCLICommandFunction, newInstructionsFunction, newLaunchButtonFunction, newLaunchURLFunction, newRoleARNParseFunction, newTrustPolicyFunction}
}
