package provider

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

// ImportState takes the hub's name, or its identity: what it was last applied with is kept in its registry.
func (r *hubResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(&resp.Diagnostics) {
		return
	}
	want := hubIdentityModel{Region: types.StringValue(r.data.region), Name: types.StringValue(req.ID)}
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &want)...)
	}
	if want.Region.IsNull() {
		want.Region = types.StringValue(r.data.region)
	}
	name, region := want.Name.ValueString(), want.Region.ValueString()
	h, settings, err := hub.Lookup(ctx, r.data.clients, region, name)
	if errors.Is(err, hub.ErrNotFound) {
		resp.Diagnostics.AddError("Hub to import not found",
			fmt.Sprintf("There is no hub %q in %q in %s; or its first apply never ended. The import id is the hub's name, and the region the provider's; an identity may name another one.", name, region, r.accountText(ctx)))
		return
	}
	if err != nil {
		if !addSpecError(&resp.Diagnostics, err) {
			addHubError(&resp.Diagnostics, "Unable to look up the hub to import", name, err)
		}
		return
	}
	if account := want.AccountID.ValueString(); account != "" && account != h.AccountID {
		resp.Diagnostics.AddError("Hub to import is of another account", fmt.Sprintf("These credentials are of account %q, the hub is to be of %q. Nothing was imported. Check `profile` and `assume_role`.", h.AccountID, account))
		return
	}
	m := hubResourceModel{Timeouts: noTimeouts()}
	resp.Diagnostics.Append(m.setSettings(ctx, settings, r.data.defaultTags)...)
	m.setHub(h)
	mem := hubMemory{Owner: rand.Text(), FormerOwner: &settings.Owner}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, hubMemoryKey, encode(mem))...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, m.resourceIdentity())...)
	}
}

// noTimeouts is null, of the type that the schema wants.
func noTimeouts() timeouts.Value {
	return timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{"create": types.StringType, "update": types.StringType, "delete": types.StringType})}
}

// ownTags are those that default_tags do not give.
func ownTags(all, defaults map[string]string) map[string]string {
	own := maps.Clone(all)
	maps.DeleteFunc(own, func(k, v string) bool {
		given, ok := defaults[k]
		return ok && given == v
	})
	if len(own) == 0 {
		return nil
	}
	return own
}

func intOr(n, otherwise int) types.Int64 {
	if n == 0 {
		n = otherwise
	}
	return types.Int64Value(int64(n))
}
