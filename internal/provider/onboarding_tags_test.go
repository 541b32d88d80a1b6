package provider_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func TestOnboardingResource_tags(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	config := func(tags string) string {
		return "provider \"xrole\" {\n  region = \"us-east-1\"\n  profile = \"" + w.partner.Profile + "\"\n  default_tags = { team = \"platform\", tier = \"one\" }\n}\n" +
			w.hubLocal() + globex(customer.ID, tags)
	}
	step := func(tags string, want map[string]string) resource.TestStep {
		all := map[string]knownvalue.Check{}
		for k, v := range want {
			all[k] = knownvalue.StringExact(v)
		}
		return resource.TestStep{
			Config:            config(tags),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, at("tags_all"), knownvalue.MapExact(all))},
			Check: func(*terraform.State) error {
				if got := w.tagsOf(t, "globex"); !maps.Equal(got, want) {
					t.Errorf("the template's tags are %v, not %v", got, want)
				}
				return nil
			},
		}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			step("", map[string]string{"team": "platform", "tier": "one"}),
			step(`tags = { tier = "two", "cost centre" = "4+2" }`, map[string]string{"team": "platform", "tier": "two", "cost centre": "4+2"}),
			step(`tags = {}`, map[string]string{"team": "platform", "tier": "one"}),
		},
	})
}

func (w world) tagsOf(t *testing.T, name string) map[string]string {
	t.Helper()
	out, err := w.s3().GetObjectTagging(ctxOf(t), &s3.GetObjectTaggingInput{Bucket: &w.hub.Bucket, Key: aws.String(w.offer(t, name).TemplateKey)})
	if err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{}
	for _, tag := range out.TagSet {
		tags[*tag.Key] = *tag.Value
	}
	return tags
}

// Tags that a run wrote which then ended are taken back by who wants the former ones again.
func TestOnboardings_tagsBreakOffReverted(t *testing.T) {
	t.Parallel()
	lab.Shared(t)
	for _, kind := range []string{"fleet", "single"} {
		for how, ends := range map[string]func(t *testing.T, w world, tf *lab.Terraform){
			"run killed":      func(t *testing.T, w world, tf *lab.Terraform) { t.Helper(); w.killAll(t, tf, "PutObject") },
			"provider killed": func(t *testing.T, w world, tf *lab.Terraform) { t.Helper(); w.crash(t, tf, "PutObject", 0) },
		} {
			t.Run(kind+" "+how, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				config := func(v string) map[string]string {
					tags := fmt.Sprintf("tags = { a = %q }", v)
					if kind == "fleet" {
						return map[string]string{"main.tf": w.fleet(tags, fleetGlobex)}
					}
					return map[string]string{"main.tf": requireXrole + w.config(globex("222222222222", tags))}
				}
				tf := w.lab.Terraform(t, w.partner, config("b"))
				tf.Init()
				tf.Apply()
				tf.Write(config("c"))
				ends(t, w, tf)
				tf.Write(config("b"))
				if r := tf.Run("apply", "-auto-approve", "-no-color", "-lock=false"); r.Code != 0 {
					t.Errorf("code %d:\n%s", r.Code, r.Output)
				}
				if got, offer := w.tagsOf(t, "globex")["a"], string(w.offer(t, "globex").Inputs); got != "b" || !strings.Contains(offer, `"tags":{"a":"b"}`) {
					t.Errorf("the object has %s, the offer %s", got, offer)
				}
			})
		}
	}
}
