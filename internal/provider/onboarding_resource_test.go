package provider_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const address = "xrole_onboarding.globex"

func at(name string) tfjsonpath.Path { return tfjsonpath.New(name) }

func TestOnboardingResource_basic(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{
				Config: w.config(globex(customer.ID)),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, at("external_id"), knownvalue.StringRegexp(regexp.MustCompile(`^[A-Z2-7]{26,}$`))),
					statecheck.ExpectKnownValue(address, at("status"), knownvalue.StringExact("pending")),
					statecheck.ExpectKnownValue(address, at("region"), knownvalue.StringExact("us-east-1")),
					statecheck.ExpectKnownValue(address, at("stack_name"), knownvalue.StringExact("AcmeAccess")),
					statecheck.ExpectKnownValue(address, at("role_arn"), knownvalue.Null()),
					statecheck.ExpectKnownValue(address, at("outdated"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue(address, at("template_url"),
						knownvalue.StringRegexp(regexp.MustCompile(`^https://`+w.hub.Bucket+`\.s3\.us-east-1\.amazonaws\.com/templates/`+customer.ID+`/globex/[0-9a-f]{64}\.yaml$`))),
					statecheck.ExpectKnownValue(address, at("launch_url"),
						knownvalue.StringRegexp(regexp.MustCompile(`^https://us-east-1\.console\.aws\.amazon\.com/cloudformation/home\?region=us-east-1#/stacks/create/review\?`))),
				},
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				ResourceName: address, ImportState: true, ImportStateVerify: true,
				ImportStateId: "acme,globex", ImportStateVerifyIdentifierAttribute: "name",
			},
			{
				ResourceName: address, ImportState: true, ImportStateVerify: true,
				ImportStateId: "us-east-1," + w.hub.Table + ",globex", ImportStateVerifyIdentifierAttribute: "name",
			},
			{ResourceName: address, ImportState: true, ImportStateKind: resource.ImportBlockWithID, ImportStateId: "acme,globex"}, // it wants a plan without a change
			{ResourceName: address, ImportState: true, ImportStateId: "globex", ExpectError: regexp.MustCompile(`Invalid import id`)},
			{ResourceName: address, ImportState: true, ImportStateId: "ACME,globex", ExpectError: regexpOf(`"ACME" is not a hub's name`)},
			{ResourceName: address, ImportState: true, ImportStateId: "acme,xrole-acme,globex", ExpectError: regexpOf(`"acme" is not a region`)},
			{ResourceName: address, ImportState: true, ImportStateId: "acmee,globex", ExpectError: regexpOf(`table "xrole-acmee" is not there in "us-east-1"`)},
			{ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: "acme, globex ", ImportStateVerifyIdentifierAttribute: "name"},
			{ResourceName: address, ImportState: true, ImportStateId: "acme,nobody", ExpectError: regexp.MustCompile(`Onboarding not found`)},
		},
	})
}

// What Terraform asks of AWS is a cost; these are the figures that the documentation promises.
func TestOnboardingResource_requests(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	count := w.counter()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		CheckDestroy: func(*terraform.State) error {
			return count.exactly("destroy with its refresh", "BatchGetItem", "HeadObject", "TransactWriteItems", "DeleteObjects")
		},
		Steps: []resource.TestStep{
			{
				PreConfig: count.reset,
				Config:    w.config(""),
				Check:     func(*terraform.State) error { return count.exactly("an empty configuration") },
			},
			{
				Config: w.config(globex(customer.ID)),
				Check:  func(*terraform.State) error { return count.first("create", "TransactWriteItems", "PutObject") },
			},
			{
				PreConfig:         count.reset,
				RefreshState:      true,
				RefreshPlanChecks: resource.RefreshPlanChecks{PostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				Check:             func(*terraform.State) error { return count.perRefresh("BatchGetItem", "HeadObject") },
			},
			{PreConfig: count.reset, Config: w.config(globex(customer.ID)), PlanOnly: true},
			{PreConfig: count.reset, Config: w.config(globex(customer.ID)), Destroy: true, PlanOnly: true, ExpectNonEmptyPlan: true},
		},
	})
}

func TestOnboardingResource_update(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	kept, otherTemplate := sameExternalID(), otherInEachStep("template_sha256")
	step := func(extra ...string) resource.TestStep {
		return resource.TestStep{
			Config: w.config(globex(customer.ID, extra...)),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					nothingUnknown(),
				},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{kept},
		}
	}
	changed := step("service_timeout_seconds = 900")
	changed.ConfigStateChecks = append(changed.ConfigStateChecks, otherTemplate)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID)), ConfigStateChecks: []statecheck.StateCheck{kept, otherTemplate}},
			changed,
			step(`region = "eu-west-1"`),
			step(`stack_name = "acme"`),
			step(`template_mode = "parameters"`),
			step(`force_destroy = true`),
			step(`template_retention_days = 1`),
			step(`tags = { cost-centre = "42" }`),
			step(`adopt = true`),
		},
	})
}

func TestOnboardingResource_replace(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer, other := l.NewAccount(t), l.NewAccount(t)
	w := newWorld(t, customer, other)
	id := otherInEachStep("external_id")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID)), ConfigStateChecks: []statecheck.StateCheck{id}},
			{
				Config:            w.config(globex(other.ID)),
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace)}},
				ConfigStateChecks: []statecheck.StateCheck{id},
			},
		},
	})
}

// A document that is only written differently must not make a new template and a new link.
func TestOnboardingResource_policiesByMeaning(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	with := func(policy string) string {
		return w.config(`
resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = local.hub
  account_id = "` + customer.ID + `"
  role       = { inline_policies = { costs = <<-EOT
` + policy + `
EOT
  } }
}`)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: with(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ce:GetCostAndUsage"],"Resource":"*"}]}`)},
			{
				Config:   with(`{ "Statement": { "Resource": ["*"], "Action": "ce:GetCostAndUsage", "Effect": "Allow" }, "Version": "2012-10-17" }`),
				PlanOnly: true,
			},
			{
				Config:             with(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ce:*"],"Resource":"*"}]}`),
				PlanOnly:           true,
				ExpectNonEmptyPlan: true,
			},
		},
	})
}

// The hub's new region must not show any onboarding in the plan.
func TestOnboardingResource_hubGrows(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	grown := w
	h := *w.hub
	h.Regions = append([]string{"ap-southeast-2"}, h.Regions...)
	grown.hub = &h
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID))},
			{Config: grown.config(globex(customer.ID)), PlanOnly: true},
			{
				Config: grown.config(globex(customer.ID, `region = "ap-southeast-2"`)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), nothingUnknown(),
				}},
			},
		},
	})
}

// Terraform often plans before the hub and the account are known.
func TestOnboardingResource_unknownInputs(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{
			Config: w.config(`
resource "terraform_data" "later" {
  input = { hub = local.hub, account_id = "` + customer.ID + `", policies = ["arn:aws:iam::aws:policy/SecurityAudit"] }
}
resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = terraform_data.later.output.hub
  account_id = terraform_data.later.output.account_id
  role       = { managed_policy_arns = terraform_data.later.output.policies }
}`),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply:             []plancheck.PlanCheck{plancheck.ExpectUnknownValue(address, at("launch_url"))},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, at("account_id"), knownvalue.StringExact(customer.ID)),
			},
		}},
	})
}

// nothingUnknown fails when a planned change leaves any output to be known after the apply.
func nothingUnknown() plancheck.PlanCheck { return unknownCheck{address} }

func nothingUnknownOf(address string) plancheck.PlanCheck { return unknownCheck{address} }

type unknownCheck struct{ address string }

func (c unknownCheck) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != c.address {
			continue
		}
		unknown, ok := change.Change.AfterUnknown.(map[string]any)
		if !ok {
			continue
		}
		for name, value := range unknown {
			if b, ok := value.(bool); ok && b {
				resp.Error = unknownError(name)
			}
		}
	}
}

type unknownError string

func (e unknownError) Error() string { return "an update leaves " + string(e) + " unknown at plan" }
