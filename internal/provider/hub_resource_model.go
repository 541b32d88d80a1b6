package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

type hubResourceModel struct {
	Name                   types.String   `tfsdk:"name"`
	Regions                types.Set      `tfsdk:"regions"`
	TrustedPrincipalARNs   types.Set      `tfsdk:"trusted_principal_arns"`
	Customers              types.Object   `tfsdk:"customers"`
	PermissionsBoundaryARN types.String   `tfsdk:"permissions_boundary_arn"`
	Path                   types.String   `tfsdk:"path"`
	KMSKeyARN              types.String   `tfsdk:"kms_key_arn"`
	LogRetentionDays       types.Int64    `tfsdk:"log_retention_days"`
	ReservedConcurrency    types.Int64    `tfsdk:"reserved_concurrency"`
	AlarmTopicARN          types.String   `tfsdk:"alarm_topic_arn"`
	AlarmTopicARNs         types.Map      `tfsdk:"alarm_topic_arns"`
	EventBusARN            types.String   `tfsdk:"event_bus_arn"`
	RecheckHours           types.Int64    `tfsdk:"recheck_hours"`
	Architecture           types.String   `tfsdk:"architecture"`
	ForceDestroy           types.Bool     `tfsdk:"force_destroy"`
	Tags                   types.Map      `tfsdk:"tags"`
	Timeouts               timeouts.Value `tfsdk:"timeouts"`

	TagsAll             types.Map  `tfsdk:"tags_all"`
	DepartingAccountIDs types.Set  `tfsdk:"departing_account_ids"`
	Drift               types.List `tfsdk:"drift"`
	hubOutputsModel
}

// hubOutputsModel is what resource and data source tell of a hub.
type hubOutputsModel struct {
	AccountID                  types.String `tfsdk:"account_id"`
	Partition                  types.String `tfsdk:"partition"`
	Region                     types.String `tfsdk:"region"`
	Bucket                     types.String `tfsdk:"bucket"`
	Table                      types.String `tfsdk:"table"`
	TopicName                  types.String `tfsdk:"topic_name"`
	TopicARNs                  types.Map    `tfsdk:"topic_arns"`
	ReceiverRoleARN            types.String `tfsdk:"receiver_role_arn"`
	ReceiverFunctionARN        types.String `tfsdk:"receiver_function_arn"`
	DeadLetterQueueURLs        types.Map    `tfsdk:"dead_letter_queue_urls"`
	ReceiverDeadLetterQueueURL types.String `tfsdk:"receiver_dead_letter_queue_url"`
	ReceiverVersion            types.String `tfsdk:"receiver_version"`
}

type customersModel struct {
	AccountIDs types.Set  `tfsdk:"account_ids"`
	Anyone     types.Bool `tfsdk:"anyone"`
}

func customersTypes() map[string]attr.Type {
	return map[string]attr.Type{"account_ids": types.SetType{ElemType: types.StringType}, "anyone": types.BoolType}
}

// customers decodes `customers`; one that is not there lets nobody in.
func (m *hubResourceModel) customers(ctx context.Context) (customersModel, diag.Diagnostics) {
	var c customersModel
	if m.Customers.IsNull() || m.Customers.IsUnknown() {
		return c, nil
	}
	diags := m.Customers.As(ctx, &c, basetypes.ObjectAsOptions{})
	return c, diags
}

// toSpec leaves out what is not known yet, and the receiver, which does not follow from the inputs alone.
func (m *hubResourceModel) toSpec(ctx context.Context) (hub.Spec, diag.Diagnostics) {
	customers, diags := m.customers(ctx)
	spec := hub.Spec{
		Name:                   m.Name.ValueString(),
		Region:                 m.Region.ValueString(),
		Regions:                knownStrings(m.Regions),
		TrustedPrincipalARNs:   knownStrings(m.TrustedPrincipalARNs),
		Access:                 hub.Access{AccountIDs: knownStrings(customers.AccountIDs), Departing: knownStrings(m.DepartingAccountIDs), Anyone: customers.Anyone.ValueBool()},
		PermissionsBoundaryARN: m.PermissionsBoundaryARN.ValueString(),
		Path:                   m.Path.ValueString(),
		KMSKeyARN:              m.KMSKeyARN.ValueString(),
		LogRetentionDays:       int(m.LogRetentionDays.ValueInt64()),
		AlarmTopicARN:          m.AlarmTopicARN.ValueString(),
		AlarmTopicARNs:         mapOf(m.AlarmTopicARNs),
		EventBusARN:            m.EventBusARN.ValueString(),
		RecheckHours:           int(m.RecheckHours.ValueInt64()),
		Architecture:           m.Architecture.ValueString(),
		Tags:                   mapOf(m.TagsAll),
	}
	if !m.ReservedConcurrency.IsNull() && !m.ReservedConcurrency.IsUnknown() {
		n := int(m.ReservedConcurrency.ValueInt64())
		spec.ReservedConcurrency = &n
	}
	return spec, diags
}

// toHub is the hub of the state, as far as it is needed to ask who uses it and to destroy it.
func (m *hubResourceModel) toHub() hub.Hub {
	return hub.Hub{
		Name:      m.Name.ValueString(),
		AccountID: m.AccountID.ValueString(),
		Region:    m.Region.ValueString(),
		Regions:   knownStrings(m.Regions),
		TableARN:  partition.ARN(m.Partition.ValueString(), "dynamodb", m.Region.ValueString(), m.AccountID.ValueString(), "table/"+m.Table.ValueString()),
	}
}

// setHub fills in what was made.
func (m *hubOutputsModel) setHub(h *hub.Hub) {
	m.AccountID = types.StringValue(h.AccountID)
	m.Partition = types.StringValue(h.Partition)
	m.Region = types.StringValue(h.Region)
	m.Bucket = types.StringValue(h.Bucket)
	m.Table = types.StringValue(h.Table)
	m.TopicName = types.StringValue(h.TopicName)
	m.ReceiverRoleARN = types.StringValue(h.ReceiverRoleARN)
	m.ReceiverFunctionARN = types.StringValue(h.ReceiverFunctionARN)
	m.ReceiverDeadLetterQueueURL = types.StringValue(h.ReceiverDeadLetterQueueURL)
	m.ReceiverVersion = types.StringValue(h.ReceiverVersion)
	m.setTopics(h.Regions)
}

// setTopics fills in what follows from the regions: names are fixed, so that a plan can tell it. It needs the account.
func (m *hubOutputsModel) setTopics(regions []string) {
	account, name := m.AccountID.ValueString(), m.TopicName.ValueString()
	arns, urls := map[string]string{}, map[string]string{}
	for _, region := range regions {
		p := partition.ForRegion(region)
		arns[region] = partition.ARN(p.ID, "sns", region, account, name)
		urls[region] = "https://sqs." + region + "." + p.DNSSuffix + "/" + account + "/" + name + "-topic-dead-letters"
	}
	m.TopicARNs, m.DeadLetterQueueURLs = stringMap(arns), stringMap(urls)
}

func driftList(sentences []string) types.List {
	elements := make([]attr.Value, 0, len(sentences))
	for _, s := range sentences {
		elements = append(elements, types.StringValue(s))
	}
	return types.ListValueMust(types.StringType, elements)
}

// setSettings fills in the inputs from what the hub was last applied with.
func (m *hubResourceModel) setSettings(ctx context.Context, s hub.Settings, defaultTags map[string]string) diag.Diagnostics {
	m.Name = types.StringValue(s.Name)
	m.Regions = stringSet(s.Regions)
	m.TrustedPrincipalARNs = stringSet(s.TrustedPrincipalARNs)
	m.PermissionsBoundaryARN = orNull(s.PermissionsBoundaryARN)
	m.Path = orNull(s.Path)
	m.KMSKeyARN = orNull(s.KMSKeyARN)
	m.LogRetentionDays = intOr(s.LogRetentionDays, 365)
	m.AlarmTopicARN = orNull(s.AlarmTopicARN)
	m.AlarmTopicARNs = stringMap(s.AlarmTopicARNs)
	m.EventBusARN = orNull(s.EventBusARN)
	m.RecheckHours = intOr(s.RecheckHours, 24)
	m.Architecture = types.StringValue(s.Architecture)
	m.ForceDestroy = types.BoolValue(false)
	m.Tags = stringMap(ownTags(s.Tags, defaultTags))
	m.TagsAll = stringMap(s.Tags)
	if s.Tags == nil {
		m.TagsAll = stringMap(map[string]string{})
	}
	if s.ReservedConcurrency != nil {
		m.ReservedConcurrency = types.Int64Value(int64(*s.ReservedConcurrency))
	}
	m.DepartingAccountIDs = stringSet(emptyNotNil(s.Access.Departing))
	m.Drift = driftList(nil)
	m.Customers = types.ObjectNull(customersTypes())
	if s.Access.AccountIDs == nil && !s.Access.Anyone {
		return nil
	}
	var diags diag.Diagnostics
	m.Customers, diags = types.ObjectValueFrom(ctx, customersTypes(), customersModel{
		AccountIDs: stringSet(s.Access.AccountIDs), Anyone: types.BoolValue(s.Access.Anyone),
	})
	return diags
}
