// Command aws stands in for the provider hashicorp/aws in tests, which have no network: the arguments of its provider
// block that credentials go into, one data source and one resource. It adds the secrets that it was given to the file
// named by STAND_IN_SECRETS, so that a test knows what to look for.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dsschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	rschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func main() {
	err := providerserver.Serve(context.Background(), func() provider.Provider { return &awsProvider{} },
		providerserver.ServeOpts{Address: "registry.terraform.io/hashicorp/aws"})
	if err != nil {
		log.Fatal(err)
	}
}

type awsProvider struct{}

type model struct {
	Region    types.String `tfsdk:"region"`
	AccessKey types.String `tfsdk:"access_key"`
	SecretKey types.String `tfsdk:"secret_key"`
	Token     types.String `tfsdk:"token"`
	Allowed   types.Set    `tfsdk:"allowed_account_ids"`
}

func (*awsProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "aws"
}

func (*awsProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"region":     schema.StringAttribute{Optional: true},
		"access_key": schema.StringAttribute{Optional: true},
		"secret_key": schema.StringAttribute{Optional: true},
		"token":      schema.StringAttribute{Optional: true},

		"allowed_account_ids": schema.SetAttribute{Optional: true, ElementType: types.StringType},
	}}
}

// Configure takes the keys as the real provider does: what is not known yet is not used, and fails when it is needed.
func (*awsProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if err := tell(m.SecretKey.ValueString(), m.Token.ValueString()); err != nil {
		resp.Diagnostics.AddError("Secrets cannot be told", err.Error())
	}
	cfg := aws.Config{
		Region:      m.Region.ValueString(),
		Credentials: credentials.NewStaticCredentialsProvider(m.AccessKey.ValueString(), m.SecretKey.ValueString(), m.Token.ValueString()),
	}
	resp.DataSourceData, resp.ResourceData = cfg, cfg
}

func tell(secrets ...string) error {
	name := os.Getenv("STAND_IN_SECRETS")
	if name == "" || secrets[0] == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(secrets, "\n") + "\n")
	return errors.Join(err, f.Close())
}

func (*awsProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{func() datasource.DataSource { return &callerIdentity{} }}
}

func (*awsProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return &topic{} }}
}

type callerIdentity struct{ cfg aws.Config }

func (*callerIdentity) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = "aws_caller_identity"
}

func (*callerIdentity) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = dsschema.Schema{Attributes: map[string]dsschema.Attribute{
		"account_id": dsschema.StringAttribute{Computed: true},
		"arn":        dsschema.StringAttribute{Computed: true},
	}}
}

func (c *callerIdentity) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	c.cfg, _ = req.ProviderData.(aws.Config)
}

func (c *callerIdentity) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	out, err := sts.NewFromConfig(c.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		resp.Diagnostics.AddError("No identity", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("account_id"), out.Account)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("arn"), out.Arn)...)
}

type topic struct{ cfg aws.Config }

func (*topic) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "aws_sns_topic"
}

func (*topic) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = rschema.Schema{Attributes: map[string]rschema.Attribute{
		"name": rschema.StringAttribute{Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}},
		"arn":  rschema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}},
	}}
}

func (t *topic) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	t.cfg, _ = req.ProviderData.(aws.Config)
}

func (t *topic) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var name string
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("name"), &name)...)
	out, err := sns.NewFromConfig(t.cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: &name})
	if err != nil {
		resp.Diagnostics.AddError("No topic", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("arn"), out.TopicArn)...)
}

func (t *topic) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var arn string
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("arn"), &arn)...)
	if _, err := sns.NewFromConfig(t.cfg).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn}); err != nil {
		resp.Diagnostics.AddError("Topic cannot be read", err.Error())
	}
}

func (t *topic) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}

func (t *topic) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var arn string
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("arn"), &arn)...)
	if _, err := sns.NewFromConfig(t.cfg).DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: &arn}); err != nil {
		resp.Diagnostics.AddError("Topic cannot be deleted", err.Error())
	}
}
