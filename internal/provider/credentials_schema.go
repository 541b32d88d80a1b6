package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/fwtypes"
)

func (r *credentialsResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	text := func(description string, validators ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Credentials of a customer's role, to configure another provider with in the same run. They are never in state, plan or logs.\n\n" +
			"By `hub` and `name` the role and its External ID come from the registry, and only a role that is `verified` (or `leaving`: it was proven, and stands until it is `disconnected`) is assumed. " +
			"By `role_arn` and `external_id` nothing is proven first: `data.xrole_trust_check` does that. A role of the partner's own account is never assumed.\n\n" +
			"Terraform opens them in each plan and apply, and leaves them unknown in a plan in which an input is not known yet, such as a hub that is changed in the same run. " +
			"A provider configured with unknown values may then look for credentials of its own, which are the partner's: give `aws` the customer's account in `allowed_account_ids`. " +
			"Keep them in a configuration apart from the onboardings: a role that is not ready stops the plan of everything beside it. " +
			"They are not renewed: a session cannot be made longer, so give one that outlasts the apply.",
		Attributes: map[string]schema.Attribute{
			"hub":         hubEphemeralAttribute(),
			"name":        text(targetNameText, fwtypes.OnboardingName()),
			"role_arn":    schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: targetARNText, Validators: []validator.String{fwtypes.RoleARN()}},
			"external_id": text(targetIDText, fwtypes.ExternalID()),
			"duration_seconds": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.Between(900, 43200)},
				MarkdownDescription: "How long the credentials last, 900 to 43,200 seconds: no longer than the role allows, and an hour at most where Terraform's own credentials are a role's session (role chaining). Default: 3,600.",
			},
			"session_name":   text("The session's name, which the customer's CloudTrail shows, 2 to 64 characters. Default: `xrole`.", fwtypes.SessionName()),
			"session_policy": text("A policy as JSON that narrows the session: it may do what both this and the role's policies allow.", fwtypes.SessionPolicy()),
			"policy_arns": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Managed policies, of AWS or of the customer's account, that narrow the session as `session_policy` does; at most ten.",
				Validators:          []validator.Set{setvalidator.SizeBetween(1, 10), setvalidator.ValueStringsAre(fwtypes.PolicyARN())},
			},
			"session_tags": schema.MapAttribute{
				Optional: true, ElementType: types.StringType, Validators: []validator.Map{fwtypes.SessionTags()},
				MarkdownDescription: "Tags of the session, at most fifty. The role has to allow them: `role.allow_session_tags` of the onboarding.",
			},
			"source_identity": text("Who is behind the session, 2 to 64 characters, which CloudTrail shows with every call, those of roles assumed from it included. The role has to allow it: `role.allow_source_identity` of the onboarding.", fwtypes.SourceIdentity()),
			"allow_unverified": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "Assume a role that is not proven as well: one that is `delivered`, `disconnected` or to be taken over. " +
					"Without a declared account, or without a role, no credentials are given all the same. Default: `false`.",
			},
			"access_key_id":     schema.StringAttribute{Computed: true, MarkdownDescription: "The access key's id."},
			"secret_access_key": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The secret access key."},
			"session_token":     schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The session's token, without which the key is worth nothing."},
			"expiration":        schema.StringAttribute{Computed: true, MarkdownDescription: "When the credentials end, as RFC 3339."},
		},
	}
}

func hubEphemeralAttribute() schema.SingleNestedAttribute {
	attributes := map[string]schema.Attribute{
		"regions":                schema.SetAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: regionsDescription},
		"trusted_principal_arns": schema.SetAttribute{Required: true, ElementType: types.StringType, MarkdownDescription: principalsDescription},
	}
	for _, h := range hubTexts() {
		attributes[h.name] = schema.StringAttribute{Required: true, MarkdownDescription: h.text, Validators: h.validators}
	}
	return schema.SingleNestedAttribute{Optional: true, MarkdownDescription: hubDescription, Attributes: attributes}
}
