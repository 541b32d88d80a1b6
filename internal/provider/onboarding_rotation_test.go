package provider_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// unknownExactly wants just these attributes of the onboarding to be known only after the apply.
type unknownExactly []string

func (want unknownExactly) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != address {
			continue
		}
		unknown, _ := change.Change.AfterUnknown.(map[string]any)
		maps.DeleteFunc(unknown, func(_ string, v any) bool { return v != true })
		if got := slices.Sorted(maps.Keys(unknown)); !slices.Equal(got, want) {
			resp.Error = fmt.Errorf("known only after the apply are %v, not %v", got, want)
		}
		return
	}
	resp.Error = fmt.Errorf("the plan does not change %s", address)
}

// The whole rotation as Terraform shows it, to the partner and to the customer.
func TestOnboardingResource_rotation(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	c := &rotationCase{world: w, customer: customer, link: &captured{attribute: "launch_url"}, template: &captured{attribute: "template_url"}}
	same := sameExternalID()
	imported := []resource.TestStep{
		{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: "acme,globex", ImportStateVerifyIdentifierAttribute: "name"},
		{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: "acme,globex"}, // it wants a plan without a change
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: slices.Concat([]resource.TestStep{
			{Config: c.config(), ConfigStateChecks: []statecheck.StateCheck{c.link, same}},
			c.quiet(c.config(`rotation = "2026-Q3"`), same, c.previous(knownvalue.Null())),
			{
				PreConfig: func() { c.launch(t) }, Config: c.config(`rotation = "2026-Q3"`) + readGlobex,
				ConfigStateChecks: []statecheck.StateCheck{c.outdated(false), c.inUse("external_id")},
			},
			{Config: c.config(`rotation = "2026-Q4"`, "rotation_finish = true"), ExpectError: regexp.MustCompile(`Rotation would cut off a live role`)},
			c.rotate(),
			{
				Config: c.config(`rotation = "2026-Q4"`) + readGlobex,
				ConfigStateChecks: []statecheck.StateCheck{
					c.inUse("previous_external_id"),
					statecheck.ExpectKnownValue("data.xrole_role.globex", at("outdated"), knownvalue.Bool(true)),
					statecheck.CompareValuePairs("data.xrole_role.globex", at("update_command"), address, at("template_url"), contains{}),
				},
			},
		}, imported, []resource.TestStep{
			{Config: c.config(`rotation = "2027-Q1"`), ExpectError: regexp.MustCompile(`Rotation before the last one is done`)},
			{Config: c.config(`rotation = "2026-Q4"`, "rotation_finish = true"), ExpectError: regexp.MustCompile(`Former External ID still in use`)},
			{
				PreConfig: func() { c.update(t) }, Config: c.config(`rotation = "2026-Q4"`) + readGlobex,
				ConfigStateChecks: []statecheck.StateCheck{c.outdated(false), c.inUse("external_id"), c.previous(knownvalue.NotNull())},
			},
			{
				Config: c.config(`rotation = "2026-Q4"`, "rotation_finish = true") + readGlobex,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					nothingUnknown(), plancheck.ExpectKnownValue(address, at("outdated"), knownvalue.Bool(true)),
				}},
				ConfigStateChecks: []statecheck.StateCheck{c.template, c.outdated(true), c.inUse("external_id"), c.previous(knownvalue.Null())},
			},
		}, imported, []resource.TestStep{
			{
				PreConfig: func() { c.update(t) }, Config: c.config("force_destroy = true") + readGlobex,
				ConfigStateChecks: []statecheck.StateCheck{c.outdated(false), c.inUse("external_id"), c.previous(knownvalue.Null())},
			},
		}),
	})
}

// rotationCase is one onboarding and the customer's stack.
type rotationCase struct {
	world
	customer       *lab.Account
	stack          *lab.Stack
	link, template *captured
}

func (c *rotationCase) config(extra ...string) string {
	return c.world.config(globex(c.customer.ID, extra...))
}

// rotate is the step that makes the new External ID: the plan says that, and nothing else becomes unknown.
func (c *rotationCase) rotate() resource.TestStep {
	return resource.TestStep{
		Config: c.config(`rotation = "2026-Q4"`) + readGlobex,
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				unknownExactly{"external_id", "launch_url", "template_sha256", "template_url"},
				plancheck.ExpectKnownValue(address, at("outdated"), knownvalue.Bool(true)),
				plancheck.ExpectKnownValue(address, at("previous_external_id"), knownvalue.NotNull()),
			},
			PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		},
		ConfigStateChecks: []statecheck.StateCheck{
			c.template, c.outdated(true), c.inUse("previous_external_id"),
		},
	}
}

// quiet is a step after which nothing of what the customer has is changed.
func (c *rotationCase) quiet(config string, checks ...statecheck.StateCheck) resource.TestStep {
	return resource.TestStep{
		Config: config, ConfigStateChecks: checks,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{nothingUnknown()}},
	}
}

func (c *rotationCase) previous(want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, at("previous_external_id"), want)
}

// inUse wants xrole_role to name the External ID that the onboarding has under that attribute.
func (c *rotationCase) inUse(attribute string) statecheck.StateCheck {
	return statecheck.CompareValuePairs("data.xrole_role.globex", at("external_id"), address, at(attribute), compare.ValuesSame())
}

func (c *rotationCase) outdated(want bool) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, at("outdated"), knownvalue.Bool(want))
}

func (c *rotationCase) launch(t *testing.T) {
	t.Helper()
	var err error
	if c.stack, err = c.customer.Launch(ctxOf(t), c.link.value); err != nil {
		t.Fatal(err)
	}
	settle(t, c.stack, "CREATE_COMPLETE")
}

func (c *rotationCase) update(t *testing.T) {
	t.Helper()
	if err := c.stack.Update(ctxOf(t), c.template.value); err != nil {
		t.Fatal(err)
	}
	settle(t, c.stack, "UPDATE_COMPLETE")
}

// contains wants the first of two strings to hold the second.
type contains struct{}

func (contains) CompareValues(values ...any) error {
	whole, _ := values[0].(string)
	part, _ := values[1].(string)
	if part == "" || !strings.Contains(whole, part) {
		return fmt.Errorf("%q is not in %q", part, whole)
	}
	return nil
}
