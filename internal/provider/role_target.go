package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// targetModel is how a configuration says which role is meant: by onboarding, or by ARN and External ID.
type targetModel struct {
	Hub        types.Object `tfsdk:"hub"`
	Name       types.String `tfsdk:"name"`
	RoleARN    types.String `tfsdk:"role_arn"`
	ExternalID types.String `tfsdk:"external_id"`
}

// roleTarget is the role that is meant.
type roleTarget struct {
	roleARN string
	// externalIDs are those to try, the likeliest first.
	externalIDs []string
	region      string
	// hub is nil where the role was named by ARN.
	hub    *onboarding.Hub
	name   string
	record registry.Record
}

const (
	targetNameText = "The onboarding's name; `hub` goes with it."
	targetARNText  = "The ARN of a role that was made without xrole; `external_id` goes with it. With `hub` and `name`: the role's ARN from the registry."
	targetIDText   = "The External ID of the role in `role_arn`."
)

// checkTarget wants exactly one of the two ways to name a role, and the whole of it. What is unknown counts as given.
func checkTarget(ctx context.Context, config tfsdk.Config) diag.Diagnostics {
	var diags diag.Diagnostics
	given := map[string]bool{}
	for _, name := range []string{"hub", "name", "role_arn", "external_id"} {
		var value attr.Value
		diags.Append(config.GetAttribute(ctx, path.Root(name), &value)...)
		given[name] = value != nil && !value.IsNull()
	}
	if diags.HasError() {
		return diags
	}
	const two = "Give either `hub` and `name` of an onboarding, or `role_arn` and `external_id` of a role that was made without xrole."
	switch hub, arn := given["hub"] || given["name"], given["role_arn"] || given["external_id"]; {
	case hub && arn:
		diags.AddError("Role named in two ways", two)
	case !hub && !arn:
		diags.AddError("No role named", two)
	}
	if diags.HasError() {
		return diags
	}
	for _, pair := range [][2]string{{"hub", "name"}, {"role_arn", "external_id"}} {
		for i, name := range pair {
			if other := pair[1-i]; given[name] && !given[other] {
				diags.AddAttributeError(path.Root(name), "Role named only in part", fmt.Sprintf("`%s` needs `%s` beside it. %s", name, other, two))
			}
		}
	}
	return diags
}

// target finds the role that is meant: in the registry, with one request, or in the configuration.
func (b *base) target(ctx context.Context, m targetModel) (roleTarget, diag.Diagnostics) {
	if m.Hub.IsNull() {
		return roleTarget{roleARN: m.RoleARN.ValueString(), externalIDs: []string{m.ExternalID.ValueString()}, region: b.data.region}, nil
	}
	hub, diags := hubOf(m.Hub)
	if diags.HasError() {
		return roleTarget{}, diags
	}
	t := roleTarget{region: hub.Region, hub: &hub, name: m.Name.ValueString()}
	record, err := b.registry(hub).Get(ctx, t.name)
	switch {
	case err != nil:
		addError(&diags, "Unable to look up the role", t.name, err)
	case record.Offer == nil:
		diags.AddAttributeError(path.Root("name"), "Onboarding not in the registry",
			notInRegistry(hub, t.name))
	default:
		t.record, t.externalIDs, t.roleARN = record, record.ExternalIDs(), roleOf(record)
	}
	return t, diags
}

// roleOf is the role of an onboarding: the one that was proven; else the latest that a stack of the declared account
// delivered, or the one to take over. It is empty if there is none.
func roleOf(record registry.Record) string {
	d := record.Draft()
	if d.RoleARN != "" {
		return d.RoleARN
	}
	account := record.Offer.AccountID
	for _, claim := range d.Waiting() {
		if account == "" || onboarding.SameAccount(claim.RoleARN, account) {
			return claim.RoleARN
		}
	}
	return record.Offer.ExistingRoleARN
}

// foreign says why a role is never to be assumed: a message could name any, also one of the partner's own, and a
// registry one of another account than the declared. It is nil for a role that may be tried.
func (t roleTarget) foreign(who caller) error {
	role, err := partition.ParseRoleARN(t.roleARN)
	switch {
	case err != nil:
		return fmt.Errorf("%q: %w", t.roleARN, err)
	case role.AccountID == who.AccountID || t.hub != nil && role.AccountID == t.hub.AccountID:
		return fmt.Errorf("the role %q is of the partner's own account, of which xrole assumes no role", t.roleARN)
	case role.Partition != who.Partition:
		return fmt.Errorf("the role %q is of the partition %q, and Terraform's credentials are of %q: nothing crosses a partition", t.roleARN, role.Partition, who.Partition)
	case t.hub != nil && t.record.Offer.AccountID != "" && t.record.Offer.AccountID != role.AccountID:
		return fmt.Errorf("the role %q is not of the account %q that the onboarding is declared for", t.roleARN, t.record.Offer.AccountID)
	default:
		return nil
	}
}

// deniedNote says who was denied, and whether that is one whom the customer's role lets in.
func (t roleTarget) deniedNote(who caller) string {
	if t.hub == nil {
		return fmt.Sprintf("Terraform runs as %q, which the role's trust policy has to let in", who.ARN)
	}
	note := who.trustedNote(t.hub.TrustedPrincipalARNs)
	if t.record.Outdated() {
		note += "; the customer's stack runs an older template, with the list of that time"
	}
	return note
}

// stsDetail says which role a request was about and what its failure may come from, and the cause last.
func stsDetail(t roleTarget, err error) string {
	what := fmt.Sprintf("Role %q.", t.roleARN)
	if t.hub != nil {
		what = fmt.Sprintf("Onboarding %q, role %q.", t.name, t.roleARN)
	}
	return what + stsHint(err) + "\n\nError: " + err.Error()
}

func stsHint(err error) string {
	switch code := awsapi.Code(err); {
	case errors.Is(err, context.DeadlineExceeded):
		return " STS did not answer in time: check the network and `endpoints`."
	case code == "RegionDisabledException":
		return " " + sentenceOf(errors.New(trust.Why(err)))
	case code == "PackedPolicyTooLarge":
		return " Session policy, policy ARNs and session tags are too large together, as STS packs them: shorten `session_policy` or give fewer tags."
	case code == "MalformedPolicyDocument":
		return " STS does not understand `session_policy`, or a policy of `policy_arns` is not there: those are policies of the customer's account or of AWS."
	case code == "ValidationError":
		return " A session lasts as long as the role allows at most (`max_session_duration`, an hour by default), and an hour where Terraform's own credentials are a role's session (role chaining)."
	default:
		return hint(err)
	}
}
