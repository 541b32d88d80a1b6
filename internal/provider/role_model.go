package provider

import (
	"cmp"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// roleOutputs are what xrole_role and each element of xrole_roles show of one onboarding.
func roleOutputs() map[string]schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"status":         text("`pending`, `delivered`, `verified`, `leaving`, `disconnected` or `rejected`."),
		"role_arn":       text("The ARN of the customer's role; null until one came back. Use it only when `status` is `verified`."),
		"external_id":    text("The External ID that the live role accepts: the one to use now."),
		"account_id":     text("The customer's account: the declared one or, in a hub open to anyone, the one that was verified."),
		"stack_id":       text("The customer's stack that made the role."),
		"region":         text("The region in which the customer launches."),
		"delivered_at":   text("When the ARN came back, as RFC 3339."),
		"verified_at":    text("When the role was last proven, as RFC 3339."),
		"outdated":       schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the customer's stack runs an older template than the one offered now."},
		"reason":         text("Why a delivery was refused or is not proven yet."),
		"update_url":     text("The console page on which the customer updates its stack; null without a stack or a public console."),
		"update_command": text("The AWS CLI command with which the customer updates its stack to the template offered now; null without a stack."),
	}
}

func roleAttributeTypes() map[string]attr.Type {
	kinds := map[string]attr.Type{}
	for name, a := range roleOutputs() {
		kinds[name] = a.GetType()
	}
	return kinds
}

// newRoleValues makes the values of roleOutputs, null where nothing came back.
func newRoleValues(hub onboarding.Hub, rec registry.Record) (map[string]attr.Value, error) {
	delivery := cmp.Or(rec.Current(), &registry.Delivery{Status: registry.Pending})
	updateURL, updateCommand, err := updateOf(hub, rec.Offer, delivery.StackID)
	if err != nil {
		return nil, err
	}
	return map[string]attr.Value{
		"status":         types.StringValue(string(delivery.Status)),
		"role_arn":       orNull(delivery.RoleARN),
		"external_id":    types.StringValue(rec.ExternalIDInUse()),
		"account_id":     orNull(cmp.Or(rec.Offer.AccountID, delivery.AccountID)),
		"stack_id":       orNull(delivery.StackID),
		"region":         orNull(rec.Offer.Region),
		"delivered_at":   timeOrNull(delivery.DeliveredAt),
		"verified_at":    timeOrNull(delivery.VerifiedAt),
		"outdated":       types.BoolValue(rec.Outdated()),
		"reason":         orNull(delivery.Reason),
		"update_url":     orNull(updateURL),
		"update_command": orNull(updateCommand),
	}, nil
}

func updateOf(hub onboarding.Hub, offer *registry.Offer, stackID string) (url, command string, err error) {
	if stackID == "" {
		return "", "", nil
	}
	templateURL, err := launch.TemplateURL(hub.Bucket, hub.Region, offer.TemplateKey)
	if err != nil {
		return "", "", err
	}
	in, err := onboarding.UnmarshalInputs(offer.Inputs, "")
	if err != nil {
		return "", "", err
	}
	if command, err = launch.UpdateCommand(stackID, templateURL, in.Parameters); err != nil {
		return "", "", err
	}
	url, err = launch.UpdateURL(stackID, templateURL)
	if errors.Is(err, launch.ErrNoConsole) {
		return "", command, nil
	}
	return url, command, err
}
