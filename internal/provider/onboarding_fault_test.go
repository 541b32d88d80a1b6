package provider_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// Every request of every phase, refused, broken before it arrived, and done with its answer lost. Whatever the apply
// says, the next one ends in the same state, with the External ID that was offered, and no diff.
func TestOnboardingResource_everyRequestFails(t *testing.T) {
	t.Parallel()
	kinds := map[string]lab.Kind{
		"refused":         lab.Status{Code: 403, ErrorCode: "AccessDenied"},
		"broken":          lab.ResetBefore,
		"answer lost":     lab.ResetAfter,
		"server error":    lab.Status{Code: 500, ErrorCode: "InternalError"},
		"throttled twice": lab.Throttle,
	}
	for phase, operations := range map[string][]string{
		"create": {"TransactWriteItems", "PutObject"},
		"update": {"BatchGetItem", "PutItem", "PutObject"},
		"delete": {"BatchGetItem", "DeleteObjects", "DeleteItem"},
	} {
		for _, operation := range operations {
			for kind, fault := range kinds {
				t.Run(phase+" "+operation+" "+kind, func(t *testing.T) {
					t.Parallel()
					failOnce(t, phase, operation, fault)
				})
			}
		}
	}
}

// failOnce runs the life of an onboarding in which one operation of one phase goes wrong for long enough that the SDK's
// own retries may or may not get through.
func failOnce(t *testing.T, phase, operation string, kind lab.Kind) {
	t.Helper()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	remove := func() {}
	arm := func(now string) func() {
		return func() {
			if now == phase {
				remove = w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: operation, After: refreshesBefore(phase, operation), Times: 2, Kind: kind})
			}
		}
	}
	same := statecheck.CompareValue(compare.ValuesSame())
	id := same.AddStateValue(address, at("external_id"))
	first, second := w.config(globex(customer.ID)), w.config(globex(customer.ID, "service_timeout_seconds = 900"))
	clean := resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	steps := []resource.TestStep{
		{PreConfig: arm("create"), Config: first, ExpectError: mayFail(phase == "create", operation, kind)},
		{PreConfig: func() { remove() }, Config: first, ConfigPlanChecks: clean, ConfigStateChecks: []statecheck.StateCheck{id}},
		{PreConfig: arm("update"), Config: second, ExpectError: mayFail(phase == "update", operation, kind)},
		{PreConfig: func() { remove() }, Config: second, ConfigPlanChecks: clean, ConfigStateChecks: []statecheck.StateCheck{id}},
		{PreConfig: arm("delete"), Config: w.config(""), ExpectError: mayFail(phase == "delete", operation, kind)},
		{PreConfig: func() { remove() }, Config: w.config("")},
	}
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: factories(), Steps: steps})
	if offer := w.offer(t, "globex"); offer != nil {
		t.Errorf("an offer was left behind: %+v", offer)
	}
	if left := w.templates(t); len(left) != 0 {
		t.Errorf("templates were left behind: %v", left)
	}
}

// refreshesBefore is how many equal requests the plan's refresh makes before the phase's own.
func refreshesBefore(phase, operation string) int {
	if operation == "BatchGetItem" && phase != "create" {
		return 1
	}
	return 0
}

// mayFail expects an error for the faults that no retry gets over: a refusal. The message must name the step.
func mayFail(armed bool, operation string, kind lab.Kind) *regexp.Regexp {
	status, ok := kind.(lab.Status)
	if !armed || !ok || status.Code != 403 {
		return nil
	}
	return regexp.MustCompile(fmt.Sprintf(`(?s)(Unable to (create|update|delete) the onboarding|Onboarding (made|changed) only in part).*Error: .*%s`, operation))
}
