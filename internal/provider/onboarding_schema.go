package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
)

func (r *onboardingResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := invitationInputs()
	maps.Copy(attributes, templateInputs())
	maps.Copy(attributes, lifeInputs())
	maps.Copy(attributes, onboardingOutputs())
	resp.Schema = schema.Schema{
		MarkdownDescription: "One customer's invitation: a unique External ID, a CloudFormation template customised with it, and a launch link. " +
			"The customer presses one button; what came back is on the resource too, refreshed by each plan.\n\n" +
			"A live customer is protected: destroying or replacing an onboarding whose role may stand is refused unless `force_destroy` was applied before.",
		Attributes: attributes,
	}
}

// invitationInputs say who is invited, and to where.
func invitationInputs() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "The customer's name, unique in the hub: 1 to 64 letters, digits, dots, hyphens or underscores. A change makes a new onboarding with a new External ID.",
			Validators:          []validator.String{fwtypes.OnboardingName()},
		},
		"hub": hubResourceAttribute(),
		"account_id": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The customer's AWS account id. Template, callback and role are pinned to it. It may be left out only in a hub that is open to `anyone`; " +
				"set it then to the account that was verified, to confirm it. Any other change makes a new onboarding with a new External ID.",
			Validators: []validator.String{fwtypes.AccountID()},
		},
		"region": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The region in which the customer launches the stack, one of the hub's `regions`. The role itself is global. Default: the hub's home region.",
			Validators:          []validator.String{fwtypes.Region()},
		},
	}
}

// templateInputs shape the template and the link.
func templateInputs() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"role": roleAttribute(),
		"template_body": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "A CloudFormation template of your own, YAML or JSON, up to 1 MB, instead of `role`. It gets its values through the parameters it declares by the names `ExternalId`, " +
				"`PartnerAccountId`, `TrustedPrincipalArns`, `CallbackTopicArn`, `OnboardingName` and `TemplateVersion`. What CloudFormation would refuse, and a trust policy that " +
				"does not ask for the External ID and the partner's principals, is refused at plan. So are other ways in: a service beside the partner in one role, services that hand credentials to machines outside AWS, " +
				"identity providers, keys and passwords of IAM users, a policy that may write a trust policy anew, secrets in the callback, and whatever runs templates or code from elsewhere, such as macros, nested stacks and types that are not AWS's.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"template_mode": schema.StringAttribute{
			Optional: true, Computed: true,
			Default: stringdefault.StaticString(string(cfn.Pinned)),
			MarkdownDescription: "`pinned` writes the values into the template's resources and removes the parameters; `parameters` sets them as defaults of parameters, " +
				"so that the customer sees them on the launch page; they cannot be changed there. Default: `pinned`.",
			Validators: []validator.String{fwtypes.OneOf(string(cfn.Pinned), string(cfn.Parameters))},
		},
		"builtin_template_version": schema.Int64Attribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The version of the built-in template. An onboarding keeps the version it was made with until another is set here, so that a newer provider changes no link.",
			Validators:          []validator.Int64{int64validator.Between(1, cfn.LatestBuiltin)},
		},
		"parameters": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Values for other parameters that `template_body` declares; they are prefilled by the launch link. They are visible in the link and the customer may change them: never put a secret here.",
			Validators:          []validator.Map{mapvalidator.SizeAtMost(200)},
		},
		"stack_name": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The name of the customer's stack as the link proposes it: up to 128 letters, digits and hyphens. Default: made from the role's name, or `xrole-<name>`, and kept.",
			Validators:          []validator.String{fwtypes.StackName()},
		},
	}
}

// lifeInputs steer what xrole does with an onboarding; all but the External ID change nothing that the customer sees.
func lifeInputs() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"external_id": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "The External ID, made by xrole with at least 128 random bits; only `rotation` makes another. Set it only to take over a customer whose ID was issued before, and remove it to rotate. It is no secret, since whoever may read the role sees it.",
			Validators:          []validator.String{fwtypes.ExternalID()},
		},
		"existing_role_arn": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The role of a customer who gave one before, together with its `external_id`: the receiver proves it at once, and the customer does not have to launch anything. " +
				"It must be of `account_id`, and must ask for that External ID.",
			Validators: []validator.String{fwtypes.RoleARN(), stringvalidator.AlsoRequires(path.MatchRoot("account_id"))},
		},
		"rotation": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Any text, such as `2026-Q4`. Setting it for the first time records it; a change from one text to another makes a new External ID. The template then trusts the new and the former one, " +
				"and the former one is used until the customer has updated its stack and the role is proven with the new one. A second rotation is refused until then.",
			Validators: []validator.String{stringvalidator.LengthBetween(1, 256)},
		},
		"rotation_finish": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether the former External ID is no longer trusted: `true` publishes a template with the current one alone, for one more update by the customer, and drops `previous_external_id`. " +
				"It is refused while the live role is proven with the former one only. Remove it before the next rotation.",
		},
		"adopt": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Whether an offer of that name that another configuration or a lost state left in the registry is taken over, with its External ID. Default: `false`, the create fails and names the import command.",
		},
		"template_retention_days": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(30),
			MarkdownDescription: "How many days a superseded template stays, so that a link sent before goes on working, 0 to 3,650. It is deleted by the first change after that. Default: `30`.",
			Validators:          []validator.Int64{int64validator.Between(0, 3650)},
		},
		"service_timeout_seconds": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(600),
			MarkdownDescription: "How many seconds the customer's stack waits for the receiver's answer, 300 to 3,600. Default: `600`.",
			Validators:          []validator.Int64{int64validator.Between(300, 3600)},
		},
		"force_destroy": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether the onboarding may be destroyed or replaced while a customer's role may stand. It must be applied before it counts. Default: `false`.",
		},
		"tags": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Tags of the template's object in S3, at most ten together with the provider's `default_tags`. Tags of the customer's role are in `role.tags`.",
			Validators:          []validator.Map{fwtypes.Tags()},
		},
	}
}

func onboardingOutputs() map[string]schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"tags_all":             schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "`tags` together with the provider's `default_tags`."},
		"previous_external_id": text("The External ID before the last rotation, as long as the template trusts it beside `external_id`; null if there is none."),
		"template_url":         text("Where the customer's console reads the template."),
		"template_sha256":      text("The SHA-256 of the template's bytes, in hex, for the customer's reviewer. Another value than the one in `template_url` means that the object was tampered with; the next apply puts it right."),
		"launch_url":           text("The link that opens the customer's CloudFormation console with all of it filled in. Null in a partition without a public console."),
		"status":               text("`pending` (nothing came back), `delivered` (an ARN came, trust not yet proven), `verified` (proven), `leaving` (the stack reported its deletion), `disconnected` (the role no longer assumes) or `rejected` (refused, see `reason`). Null if the offer was found missing or changed; the next apply puts it right."),
		"role_arn":             text("The ARN of the customer's role, once it came back. Use it when `status` is `verified`."),
		"stack_id":             text("The customer's stack that made the role."),
		"verified_at":          text("When the role was last proven, as RFC 3339."),
		"outdated":             schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the customer's stack runs an older template than the one offered now."},
		"reason":               text("Why a delivery was refused or is not proven yet."),
	}
}

func roleAttribute() schema.SingleNestedAttribute {
	bounded := func(most int, description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthBetween(1, most)}}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The role that the built-in template makes in the customer's account. Either this or `template_body` is needed.",
		Attributes: map[string]schema.Attribute{
			"name":                     bounded(64, "The role's name, 1 to 64 letters, digits or any of `_+=,.@-`. Default: CloudFormation makes one."),
			"path":                     bounded(512, "The role's path, beginning and ending with `/`."),
			"description":              bounded(1000, "The role's description, up to 1,000 characters."),
			"max_session_duration":     schema.Int64Attribute{Optional: true, MarkdownDescription: "How many seconds a session may last, 3,600 to 43,200. Default: IAM's, 3,600.", Validators: []validator.Int64{int64validator.Between(3600, 43200)}},
			"permissions_boundary_arn": bounded(2048, "A managed policy in the customer's account that bounds what the role may do."),
			"managed_policy_arns": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Managed policies to attach, up to 10 (20 where the customer's quota was raised).",
				Validators:          []validator.Set{setvalidator.SizeAtMost(20)},
			},
			"inline_policies": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Policies of the role itself: name to JSON document, 10,240 characters together. Compared by meaning, not by text. `iam:UpdateAssumeRolePolicy` is refused where it may mean the role itself, and `iam:CreateRole` where it does; administrator's rights are warned of.",
				PlanModifiers:       []planmodifier.Map{fwtypes.KeepSamePolicies()},
			},
			"tags": schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Tags of the role, up to 50."},
			"allow_session_tags": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the trust policy allows `sts:TagSession`. Default: `false`.",
			},
			"allow_source_identity": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the trust policy allows `sts:SetSourceIdentity`. Default: `false`.",
			},
		},
	}
}
