package provider_test

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// tracked wants an attribute of the onboarding to be the same in every step that names it, or another one each time.
type tracked struct {
	attribute string
	differ    bool
	last      any
}

func sameExternalID() statecheck.StateCheck { return &tracked{attribute: "external_id"} }

func otherInEachStep(attribute string) statecheck.StateCheck {
	return &tracked{attribute: attribute, differ: true}
}

func (c *tracked) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	if req.State.Values == nil || req.State.Values.RootModule == nil {
		resp.Error = fmt.Errorf("there is no state to read %s from", c.attribute)
		return
	}
	for _, r := range req.State.Values.RootModule.Resources {
		if r.Address != address {
			continue
		}
		value := r.AttributeValues[c.attribute]
		if c.last != nil && (value == c.last) == c.differ {
			resp.Error = fmt.Errorf("%s is %v, and was %v", c.attribute, value, c.last)
		}
		c.last = value
		return
	}
	resp.Error = fmt.Errorf("%s is not in the state", address)
}
