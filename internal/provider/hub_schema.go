package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
)

func (r *hubResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := hubAccessInputs()
	maps.Copy(attributes, hubOperationInputs(ctx))
	maps.Copy(attributes, hubOutputs())
	resp.Schema = schema.Schema{
		MarkdownDescription: "The partner's side, made once: a bucket for the templates, a table that is the registry, the receiver, and a topic in each launch region. " +
			"It stands in the provider's region, in CloudFormation stacks that AWS orders, updates and rolls back. An onboarding takes it as `hub = xrole_hub.main`.\n\n" +
			"A hub with onboardings, or with a topic that customers' stacks still call, is not destroyed unless `force_destroy` was applied before; otherwise it goes whole, " +
			"its bucket and table included.",
		Attributes: attributes,
	}
}

// hubAccessInputs say what the hub is called, where it is, and who is let in.
func hubAccessInputs() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The hub's name, part of the name of everything it owns: 1 to 24 lower case letters, digits and single hyphens, a letter first. A change makes a new hub.",
		},
		"regions": schema.SetAttribute{
			Optional: true, Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The regions in which customers may launch: each gets a callback topic. A region is removed only when no customer's stack there is live. Default: the provider's region.",
			Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(fwtypes.Region())},
		},
		"trusted_principal_arns": schema.SetAttribute{
			Required: true, ElementType: types.StringType,
			MarkdownDescription: principalsDescription + " They are of the hub's own account. A change makes a new template and link for every onboarding.",
			Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(fwtypes.PrincipalPattern())},
		},
		"customers": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Who may read templates and call back. Default: nobody, so that no customer can launch. A change writes one policy for the bucket and one for each topic, and touches no stack.",
			Attributes: map[string]schema.Attribute{
				"account_ids": schema.SetAttribute{
					Optional: true, ElementType: types.StringType,
					MarkdownDescription: "The customers' accounts. Each reads its own templates only, and calls back. More than 500 (450 in AWS GovCloud) may not fit in one hub: the plan says how many do.",
					Validators:          []validator.Set{setvalidator.ValueStringsAre(fwtypes.AccountID())},
				},
				"anyone": schema.BoolAttribute{
					Optional: true, Computed: true, Default: booldefault.StaticBool(false),
					MarkdownDescription: "Whether every AWS account may call back, and whoever holds a link may read its template; excludes `account_ids`. Default: `false`.",
				},
			},
		},
	}
}

// hubOperationInputs say how the hub is run.
func hubOperationInputs(ctx context.Context) map[string]schema.Attribute {
	arn := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
	}
	return map[string]schema.Attribute{
		"permissions_boundary_arn": arn("A managed policy that bounds the hub's own roles."),
		"path":                     arn("The path of the hub's own roles, beginning and ending with `/`. A change makes a new hub, since customers' roles trust the receiver's role by its path. Default: `/`."),
		"kms_key_arn":              arn("A KMS key of the home region for the table, its queue and the logs; never for the templates, which customers must be able to read. Default: keys of AWS's own."),
		"alarm_topic_arn":          arn("An SNS topic of the home region that is told about alarms."),
		"event_bus_arn":            arn("An EventBridge bus of the home region on which every change of an onboarding's status is put, at least once."),
		"alarm_topic_arns": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Launch region to an SNS topic there, for the alarms of that region: CloudWatch tells topics of its own region only.",
			Validators:          []validator.Map{mapvalidator.KeysAre(fwtypes.Region())},
		},
		"log_retention_days": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(365),
			MarkdownDescription: "How many days the receiver's log is kept, one of the numbers that CloudWatch Logs takes. Default: `365`.",
			Validators:          []validator.Int64{int64validator.AtLeast(1)},
		},
		"reserved_concurrency": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "How many deliveries the receiver may handle at once, set aside from the account's concurrency. Default: it shares the account's.",
		},
		"recheck_hours": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(24),
			MarkdownDescription: "After how many hours a proven role is proven again. Default: `24`.",
			Validators:          []validator.Int64{int64validator.AtLeast(1)},
		},
		"architecture": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString("arm64"),
			MarkdownDescription: "The receiver's processor: `arm64`, or `x86_64` for a region or a lab without the other. Default: `arm64`.",
			Validators:          []validator.String{fwtypes.OneOf("arm64", "x86_64")},
		},
		"force_destroy": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether the hub, a region of it or a departing account may be removed while onboardings or live stacks of customers would lose it. It must be applied before it counts. Default: `false`.",
		},
		"tags": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Tags of everything the hub is made of, at most 48 together with the provider's `default_tags`.",
		},
		"timeouts": hubTimeouts(ctx),
	}
}

func hubTimeouts(ctx context.Context) schema.Attribute {
	attribute, ok := timeouts.Attributes(ctx, timeouts.Opts{Create: true, Update: true, Delete: true}).(schema.SingleNestedAttribute)
	if !ok {
		return attribute // the library's own test would fail before
	}
	attribute.MarkdownDescription = "How long the apply waits, as durations such as `90m`. Default: `60m` each."
	for name, text := range map[string]string{
		"create": "How long the creation may take.", "update": "How long a change may take.", "delete": "How long the destruction may take.",
	} {
		if one, isString := attribute.Attributes[name].(schema.StringAttribute); isString {
			one.Description, one.MarkdownDescription = "", text
			attribute.Attributes[name] = one
		}
	}
	return attribute
}

func hubOutputs() map[string]schema.Attribute {
	outputs := map[string]schema.Attribute{
		"drift": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "What was found to differ in AWS from what was applied, a sentence each; the next apply puts it right. Empty when all is as it should be.",
		},
		"departing_account_ids": schema.SetAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Accounts that are no longer in `customers` but may go on calling back, since a stack of theirs still stands and could not be deleted otherwise. They read no template.",
		},
		"tags_all": schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "`tags` together with the provider's `default_tags`."},
	}
	for _, o := range hubOutputTexts() {
		if o.byRegion {
			outputs[o.name] = schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: o.text}
			continue
		}
		outputs[o.name] = schema.StringAttribute{Computed: true, MarkdownDescription: o.text}
	}
	return outputs
}

type hubOutputText struct {
	name, text string
	byRegion   bool
}

// hubOutputTexts are the outputs that resource and data source have in common.
func hubOutputTexts() []hubOutputText {
	out := []hubOutputText{
		{"topic_arns", "The callback topic of each launch region: region to ARN.", true},
		{"dead_letter_queue_urls", "The queue, in each launch region, of what SNS could not hand to the receiver: region to URL.", true},
		{"receiver_dead_letter_queue_url", "The queue, in the home region, of deliveries that the receiver failed on.", false},
		{"receiver_version", "The version of the receiver that runs, `<number>-<hash>`. A provider that carries a newer one shows it as a change; an older provider leaves it.", false},
	}
	for _, h := range hubTexts() {
		out = append(out, hubOutputText{name: h.name, text: h.text})
	}
	return out
}
