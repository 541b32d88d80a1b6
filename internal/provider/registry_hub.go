package provider

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// registryHubModel is what of a hub is needed to read its registry.
type registryHubModel struct {
	AccountID types.String `tfsdk:"account_id"`
	Region    types.String `tfsdk:"region"`
	Table     types.String `tfsdk:"table"`
}

const registryHubDescription = "The hub: a whole hub, or an object with just these attributes."

func (m registryHubModel) toHub() onboarding.Hub {
	region := m.Region.ValueString()
	return onboarding.Hub{AccountID: m.AccountID.ValueString(), Partition: partition.ForRegion(region).ID, Region: region, Table: m.Table.ValueString()}
}

// registryHubTexts describes the attributes of registryHubModel, and others of a hub that are named.
func registryHubTexts(also ...string) []hubText {
	wanted := append([]string{"account_id", "region", "table"}, also...)
	return slices.DeleteFunc(hubTexts(), func(h hubText) bool { return !slices.Contains(wanted, h.name) })
}
