package provider

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	dsschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// hubModel is the `hub` argument: just what is needed of a hub, so that the whole hub resource can be given (Terraform
// drops the rest) and one made by hand can be written out.
type hubModel struct {
	AccountID            types.String `tfsdk:"account_id"`
	Partition            types.String `tfsdk:"partition"`
	Region               types.String `tfsdk:"region"`
	Regions              types.Set    `tfsdk:"regions"`
	Bucket               types.String `tfsdk:"bucket"`
	Table                types.String `tfsdk:"table"`
	TopicName            types.String `tfsdk:"topic_name"`
	TrustedPrincipalARNs types.Set    `tfsdk:"trusted_principal_arns"`
	ReceiverRoleARN      types.String `tfsdk:"receiver_role_arn"`
	ReceiverFunctionARN  types.String `tfsdk:"receiver_function_arn"`
}

const hubDescription = "The hub: `hub = xrole_hub.main`, or `hub = data.xrole_hub.main` in another configuration, or an object with these attributes for one made by other means. More attributes do no harm."

type hubText struct {
	name, text string
	validators []validator.String
}

func hubTexts() []hubText {
	nonEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	return []hubText{
		{"account_id", "The partner's account id.", []validator.String{fwtypes.AccountID()}},
		{"partition", "The AWS partition of the hub, such as `aws` or `aws-us-gov`.", []validator.String{fwtypes.PartitionID()}},
		{"region", "The hub's home region, where its bucket, table and receiver are.", []validator.String{fwtypes.Region()}},
		{"bucket", "The bucket that holds the templates.", nonEmpty},
		{"table", "The DynamoDB table that is the registry.", nonEmpty},
		{"topic_name", "The name of the callback topic, the same in every launch region.", nonEmpty},
		{"receiver_role_arn", "The role of the receiver, which proves every customer's role.", []validator.String{fwtypes.RoleARN()}},
		{"receiver_function_arn", "The receiver's Lambda function.", nonEmpty},
	}
}

const (
	regionsDescription    = "The regions in which customers may launch: those that have a callback topic."
	principalsDescription = "The partner's roles that the customer's role lets in, as ARNs with their path; `*` and `?` may stand in path and name."
)

func hubResourceAttribute() schema.SingleNestedAttribute {
	attributes := map[string]schema.Attribute{
		"regions": schema.SetAttribute{
			Required: true, ElementType: types.StringType, MarkdownDescription: regionsDescription,
			Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(fwtypes.Region())},
		},
		"trusted_principal_arns": schema.SetAttribute{
			Required: true, ElementType: types.StringType, MarkdownDescription: principalsDescription,
			Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(fwtypes.PrincipalPattern())},
		},
	}
	for _, h := range hubTexts() {
		attributes[h.name] = schema.StringAttribute{Required: true, MarkdownDescription: h.text, Validators: h.validators}
	}
	return schema.SingleNestedAttribute{Required: true, MarkdownDescription: hubDescription, Attributes: attributes}
}

func hubDataSourceAttribute() dsschema.SingleNestedAttribute {
	attributes := map[string]dsschema.Attribute{
		"regions":                dsschema.SetAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: regionsDescription},
		"trusted_principal_arns": dsschema.SetAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: principalsDescription},
	}
	for _, h := range hubTexts() {
		attributes[h.name] = dsschema.StringAttribute{Required: true, MarkdownDescription: h.text, Validators: h.validators}
	}
	return dsschema.SingleNestedAttribute{Required: true, MarkdownDescription: hubDescription, Attributes: attributes}
}

func (m hubModel) toHub() onboarding.Hub {
	return onboarding.Hub{
		AccountID:            m.AccountID.ValueString(),
		Partition:            m.Partition.ValueString(),
		Region:               m.Region.ValueString(),
		Regions:              setOf(m.Regions),
		Bucket:               m.Bucket.ValueString(),
		Table:                m.Table.ValueString(),
		TopicName:            m.TopicName.ValueString(),
		TrustedPrincipalARNs: setOf(m.TrustedPrincipalARNs),
		ReceiverRoleARN:      m.ReceiverRoleARN.ValueString(),
		ReceiverFunctionARN:  m.ReceiverFunctionARN.ValueString(),
	}
}

func newHubModel(h onboarding.Hub) hubModel {
	return hubModel{
		AccountID:            types.StringValue(h.AccountID),
		Partition:            types.StringValue(h.Partition),
		Region:               types.StringValue(h.Region),
		Regions:              stringSet(h.Regions),
		Bucket:               types.StringValue(h.Bucket),
		Table:                types.StringValue(h.Table),
		TopicName:            types.StringValue(h.TopicName),
		TrustedPrincipalARNs: stringSet(h.TrustedPrincipalARNs),
		ReceiverRoleARN:      types.StringValue(h.ReceiverRoleARN),
		ReceiverFunctionARN:  types.StringValue(h.ReceiverFunctionARN),
	}
}

// hubOf decodes and checks a hub object that is wholly known.
func hubOf(object types.Object) (onboarding.Hub, diag.Diagnostics) {
	hub := hubModelOf(object).toHub()
	return hub, checkHub(hub)
}

// hubModelOf takes a hub object apart; all is null of one that is null or unknown.
func hubModelOf(object types.Object) hubModel {
	in := object.Attributes()
	return hubModel{
		AccountID:            attribute[types.String](in, "account_id"),
		Partition:            attribute[types.String](in, "partition"),
		Region:               attribute[types.String](in, "region"),
		Regions:              attribute[types.Set](in, "regions"),
		Bucket:               attribute[types.String](in, "bucket"),
		Table:                attribute[types.String](in, "table"),
		TopicName:            attribute[types.String](in, "topic_name"),
		TrustedPrincipalARNs: attribute[types.Set](in, "trusted_principal_arns"),
		ReceiverRoleARN:      attribute[types.String](in, "receiver_role_arn"),
		ReceiverFunctionARN:  attribute[types.String](in, "receiver_function_arn"),
	}
}

// checkHub finds what only shows when a hub's attributes are seen together.
func checkHub(h onboarding.Hub) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("hub")
	for _, region := range append([]string{h.Region}, h.Regions...) {
		if p := partition.ForRegion(region); p.ID != h.Partition {
			diags.AddAttributeError(at.AtName("regions"), "Hub in mixed partitions",
				"The region \""+region+"\" is of the partition \""+p.ID+"\", the hub of \""+h.Partition+"\". Nothing crosses a partition: make a hub in each, with an account there.")
		}
	}
	role, err := partition.ParseRoleARN(h.ReceiverRoleARN)
	if err == nil && (role.AccountID != h.AccountID || role.Partition != h.Partition) {
		diags.AddAttributeError(at.AtName("receiver_role_arn"), "Receiver of another account",
			"The receiver's role must be in the hub's own account \""+h.AccountID+"\" and partition.")
	}
	for _, arn := range h.TrustedPrincipalARNs {
		if !partition.PrincipalOf(arn, h.Partition, h.AccountID) {
			diags.AddAttributeError(at.AtName("trusted_principal_arns"), "Trusted principal of another account",
				"\""+arn+"\" is not in the hub's account \""+h.AccountID+"\". Customers trust that account, so a principal of another one can never get in.")
		}
	}
	return diags
}
