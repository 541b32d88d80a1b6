package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

// ImportState takes the hub's name: what it was last applied with is kept in its registry.
func (r *hubResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !r.ready(&resp.Diagnostics) {
		return
	}
	h, settings, err := hub.Lookup(ctx, r.data.clients, r.data.region, req.ID)
	if errors.Is(err, hub.ErrNotFound) {
		resp.Diagnostics.AddError("Hub to import not found",
			fmt.Sprintf("There is no hub %q in %q, the provider's region, in this account; or its first apply never ended. The import id is the hub's name.", req.ID, r.data.region))
		return
	}
	if err != nil {
		addHubError(&resp.Diagnostics, "Unable to look up the hub to import", req.ID, err)
		return
	}
	m := hubResourceModel{Timeouts: noTimeouts()}
	resp.Diagnostics.Append(m.setSettings(ctx, settings, r.data.defaultTags)...)
	m.setHub(h)
	mem := hubMemory{Owner: settings.Owner}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, hubMemoryKey, mem.encode())...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
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
