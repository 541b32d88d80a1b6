package provider_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// Whatever happens to the objects outside Terraform, the next apply repairs it with the same External ID.
func TestOnboardingResource_drift(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, w world, offer registry.Offer){
		"template deleted": func(t *testing.T, w world, offer registry.Offer) {
			t.Helper()
			must(t)(w.s3().DeleteObject(ctxOf(t), &s3.DeleteObjectInput{Bucket: &w.hub.Bucket, Key: &offer.TemplateKey}))
		},
		"template tampered with": func(t *testing.T, w world, offer registry.Offer) {
			t.Helper()
			must(t)(w.s3().PutObject(ctxOf(t), &s3.PutObjectInput{Bucket: &w.hub.Bucket, Key: &offer.TemplateKey, Body: strings.NewReader("Resources: {}")}))
		},
		"offer deleted": func(t *testing.T, w world, _ registry.Offer) {
			t.Helper()
			must(t)(w.clients().DynamoDB("us-east-1").DeleteItem(ctxOf(t), &dynamodb.DeleteItemInput{TableName: &w.hub.Table, Key: offerKey()}))
		},
		"external id changed in the offer": func(t *testing.T, w world, _ registry.Offer) {
			t.Helper()
			must(t)(w.clients().DynamoDB("us-east-1").UpdateItem(ctxOf(t), &dynamodb.UpdateItemInput{
				TableName: &w.hub.Table, Key: offerKey(), UpdateExpression: aws.String("SET external_id = :e"),
				ExpressionAttributeValues: map[string]ddbtypes.AttributeValue{":e": &ddbtypes.AttributeValueMemberS{Value: "attackers-choice"}},
			}))
		},
		"external id added to the offer": func(t *testing.T, w world, _ registry.Offer) {
			t.Helper()
			must(t)(w.clients().DynamoDB("us-east-1").UpdateItem(ctxOf(t), &dynamodb.UpdateItemInput{
				TableName: &w.hub.Table, Key: offerKey(), UpdateExpression: aws.String("SET previous_external_id = :e"),
				ExpressionAttributeValues: map[string]ddbtypes.AttributeValue{":e": &ddbtypes.AttributeValueMemberS{Value: "attackers-choice"}},
			}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			customer := lab.Shared(t).NewAccount(t)
			w := newWorld(t, customer)
			id := sameExternalID()
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories(),
				Steps: []resource.TestStep{
					{Config: w.config(globex(customer.ID)), ConfigStateChecks: []statecheck.StateCheck{id}},
					{
						PreConfig: func() { damage(t, w, *w.offer(t, "globex")) },
						Config:    w.config(globex(customer.ID)),
						ConfigPlanChecks: resource.ConfigPlanChecks{
							PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
							PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
						},
						ConfigStateChecks: []statecheck.StateCheck{id, statecheck.ExpectKnownValue(address, at("previous_external_id"), knownvalue.Null())},
						Check: func(*terraform.State) error {
							if offer := w.offer(t, "globex"); offer.PreviousExternalID != "" {
								return fmt.Errorf("the offer still has %q", offer.PreviousExternalID)
							}
							return nil
						},
					},
				},
			})
		})
	}
}

// Two states that claim one onboarding must notice each other, and neither may lose the External ID.
func TestOnboardingResource_secondOwner(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	id := sameExternalID()
	other := w.config(globex(customer.ID, "adopt = true", "service_timeout_seconds = 700"))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID)), ConfigStateChecks: []statecheck.StateCheck{id}},
			{
				PreConfig: func() {
					resource.UnitTest(t, resource.TestCase{ // another state, which leaves the onboarding behind
						ProtoV6ProviderFactories: factories(),
						Steps: []resource.TestStep{
							{Config: w.config(globex(customer.ID, "service_timeout_seconds = 700")), ExpectError: regexp.MustCompile(`(?s)Onboarding exists already.*terraform\s+import`)},
							{Config: other, ConfigStateChecks: []statecheck.StateCheck{id}},
							{Config: w.config(`removed {
  from = xrole_onboarding.globex
  lifecycle { destroy = false }
}`)},
						},
					})
				},
				Config:      w.config(globex(customer.ID)),
				ExpectError: regexp.MustCompile(`Onboarding has another owner`),
			},
			{Config: w.config(globex(customer.ID, "adopt = true")), ConfigStateChecks: []statecheck.StateCheck{id}},
		},
	})
}

// A name that is taken is refused with the way out; with the same inputs it is a killed run of ours and adopted.
func TestOnboardingResource_adopt(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	id := sameExternalID()
	leave := resource.TestStep{Config: w.config(`removed {
  from = xrole_onboarding.globex
  lifecycle { destroy = false }
}`)}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID)), ConfigStateChecks: []statecheck.StateCheck{id}},
			leave,
			{Config: w.config(globex(customer.ID)), ConfigStateChecks: []statecheck.StateCheck{id}},
			leave,
			{Config: w.config(globex(customer.ID, `stack_name = "other"`)), ExpectError: regexp.MustCompile(`Onboarding exists already`)},
			{Config: w.config(globex(customer.ID, `stack_name = "other"`, `external_id = "issued-by-somebody-else"`, `adopt = true`)), ExpectError: regexp.MustCompile(`External ID cannot be used`)},
			{Config: w.config(globex(customer.ID, `stack_name = "other"`, "adopt = true")), ConfigStateChecks: []statecheck.StateCheck{id}},
		},
	})
}

// An External ID is never used twice, not even after its onboarding has gone.
func TestOnboardingResource_externalIDNeverReused(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	named := func(name string) string {
		return w.config(strings.Replace(globex(customer.ID, `external_id = "issued-long-ago-4711"`), `"globex"
  hub`, `"`+name+`"
  hub`, 1))
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: named("globex")},
			{Config: named("initech"), ExpectError: regexp.MustCompile(`Renamed with its External ID`)},
			{Config: w.config(globex(customer.ID, `rotation = "1"`))},
			{Config: named("initech"), ExpectError: regexp.MustCompile(`Renamed with its External ID`)}, // which is the former one now
			{Config: w.config("")},
			{Config: named("initech"), ExpectError: regexp.MustCompile(`External ID cannot be used[^$]*Onboarding\s+"initech": the hub has given this External ID to\s+onboarding\s+"globex"`)},
		},
	})
}

func offerKey() map[string]ddbtypes.AttributeValue {
	return map[string]ddbtypes.AttributeValue{"pk": &ddbtypes.AttributeValueMemberS{Value: "offer#globex"}}
}

func (w world) s3() *s3.Client { return w.clients().S3(w.hub.Region) }

// ctxOf outlives the test's own context, which has ended when clean-up runs.
func ctxOf(t *testing.T) context.Context {
	t.Helper()
	return context.WithoutCancel(t.Context())
}

func must(t *testing.T) func(any, error) {
	t.Helper()
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}
