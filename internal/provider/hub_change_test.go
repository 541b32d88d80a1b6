package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func (w hubWorld) clients() *awsclients.Clients {
	return awsclients.New(w.partner.Config("us-east-1"), nil)
}

func updates(address string) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)
}

// A customer more is one request for each policy, and its onboarding; no stack is touched.
func TestHubResource_customerAdded(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 2)
	first, both := w.ids()[:1], w.ids()
	two := []string{"us-east-1", "eu-west-1"}
	before := 0
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(hubSettings{regions: two, customers: first, rest: w.onboardings(first...)})},
			{
				PreConfig: func() { before = len(w.lab.Requests(lab.Filter{AccountID: w.partner.ID})) },
				Config:    w.config(hubSettings{regions: two, customers: both, rest: w.onboardings(both...)}),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						updates(hubAddress),
						plancheck.ExpectResourceAction("xrole_onboarding.c0", plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction("xrole_onboarding.c1", plancheck.ResourceActionCreate),
						nothingUnknownOf(hubAddress),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("xrole_onboarding.c1", at("status"), knownvalue.StringExact("pending"))},
			},
			{
				PreConfig: func() {
					w.changed(t, before, map[string]int{
						"PutBucketPolicy in us-east-1": 1, "SetTopicAttributes in us-east-1": 1, "SetTopicAttributes in eu-west-1": 1,
						"PutItem in us-east-1": 1, "TransactWriteItems in us-east-1": 1, "PutObject in us-east-1": 1,
					})
				},
				Config:   w.config(hubSettings{regions: two, customers: both, rest: w.onboardings(both...)}),
				PlanOnly: true,
			},
		},
	})
	w.empty(t)
}

// 500 customers fit, and one more shows the hub and its own onboarding only.
func TestHubResource_manyCustomers(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 501)
	all := w.ids()
	many := all[:500]
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(hubSettings{customers: many, rest: w.onboardings(many[0])}), ConfigPlanChecks: emptyAfter()},
			{
				Config: w.config(hubSettings{customers: all, rest: w.onboardings(all[0], all[500])}),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						updates(hubAddress),
						plancheck.ExpectResourceAction("xrole_onboarding.c0", plancheck.ResourceActionNoop),
						plancheck.ExpectResourceAction("xrole_onboarding.c1", plancheck.ResourceActionCreate),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
		},
	})
	w.empty(t)
}

// An account that does not exist is named, and the former policies stay in force.
func TestHubResource_noSuchAccount(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	mistyped := "888888888888" // nobody has it
	good := w.config(hubSettings{customers: w.ids()})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: good},
			{
				Config:      w.config(hubSettings{customers: append(w.ids(), mistyped)}),
				ExpectError: regexp.MustCompile(`(?s)Customer account does not exist.*` + mistyped + `.*What was in force.*before is`),
			},
			{Config: good, PlanOnly: true},
		},
	})
}

// What somebody changed by hand is told in the plan, and the next apply repairs it without another onboarding being
// touched.
func TestHubResource_drift(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	config := w.config(hubSettings{regions: []string{"us-east-1", "eu-west-1"}, customers: w.ids(), rest: w.onboardings(w.ids()...)})
	ctx := ctxOf(t)
	damage := func() {
		region := "eu-west-1"
		must(t)(w.clients().CloudFormation(region).DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: aws.String("xrole-acme-topic")}))
		gone := cloudformation.NewStackDeleteCompleteWaiter(w.clients().CloudFormation(region), func(o *cloudformation.StackDeleteCompleteWaiterOptions) {
			o.MinDelay, o.MaxDelay = 50e6, 200e6
		})
		if err := gone.Wait(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("xrole-acme-topic")}, 60e9); err != nil {
			t.Fatal(err)
		}
		arn := "arn:aws:sns:us-east-1:" + w.partner.ID + ":xrole-acme"
		open := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"` + arn + `"}]}`
		must(t)(w.clients().SNS("us-east-1").SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: &arn, AttributeName: aws.String("Policy"), AttributeValue: &open}))
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: config},
			{
				PreConfig:          damage,
				RefreshState:       true,
				ExpectNonEmptyPlan: true,
				Check: resource.TestCheckResourceAttrWith(hubAddress, "drift.#", func(n string) error {
					if n != "2" {
						return fmt.Errorf("%s differences were found, want 2", n)
					}
					return nil
				}),
			},
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{updates(hubAddress), plancheck.ExpectResourceAction("xrole_onboarding.c0", plancheck.ResourceActionNoop)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(hubAddress, at("drift"), knownvalue.ListExact(nil))},
			},
		},
	})
	w.empty(t)
}

// Everything that can change does so in place, and shows no onboarding but where its template changes.
func TestHubResource_settings(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	rest := w.onboardings(w.ids()...)
	more := func(lines ...string) string {
		return w.config(hubSettings{customers: w.ids(), more: strings.Join(lines, "\n  "), rest: rest})
	}
	still := plancheck.ExpectResourceAction("xrole_onboarding.c0", plancheck.ResourceActionNoop)
	step := func(config string, checks ...plancheck.PlanCheck) resource.TestStep {
		return resource.TestStep{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply:             append(checks, updates(hubAddress), nothingUnknownOf(hubAddress)),
			PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		}}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: more(), ConfigPlanChecks: emptyAfter()},
			step(more(`log_retention_days = 30`), still),
			step(more(`recheck_hours = 12`), still),
			step(more(`tags = { team = "platform" }`), still),
			step(more(`reserved_concurrency = 3`, `alarm_topic_arn = "arn:aws:sns:us-east-1:`+w.partner.ID+`:on-call"`), still),
			step(more(`force_destroy = true`), still),
			step(strings.Replace(more(), ":role/collector", ":role/scanner", 1), updates("xrole_onboarding.c0")),
			step(more(), updates("xrole_onboarding.c0")),
			step(strings.Replace(more(), `customers              = { account_ids = ["`+w.customers[0].ID+`"] }`, `customers = { anyone = true }`, 1), still),
		},
	})
	w.empty(t)
}
