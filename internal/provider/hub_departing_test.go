package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// launchedHub is a hub whose first customer has launched, and a second one that has not.
func launchedHub(t *testing.T) (hubWorld, *lab.Terraform, *lab.Stack) {
	t.Helper()
	w := newHubWorld(t, 2)
	tf := w.terraform(t, w.config(hubSettings{customers: w.ids(), rest: w.onboardings(w.ids()...)}))
	tf.Apply()
	link, ok := tf.Outputs()["link0"].(string)
	if !ok {
		t.Fatal("no link")
	}
	stack, err := w.customers[0].Launch(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "CREATE_COMPLETE")
	return w, tf, stack
}

func (w hubWorld) bucketPolicy(t *testing.T) string {
	t.Helper()
	bucket := "xrole-acme-" + w.partner.ID + "-us-east-1-an"
	out, err := w.clients().S3("us-east-1").GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.Policy)
}

func (w hubWorld) topicPolicy(t *testing.T) string {
	t.Helper()
	arn := "arn:aws:sns:us-east-1:" + w.partner.ID + ":xrole-acme"
	out, err := w.clients().SNS("us-east-1").GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes["Policy"]
}

// A customer that is removed while its stack stands may go on publishing, also after an import, until the stack has gone;
// it no longer reads its template. One that never launched goes at once.
func TestHubResource_departing(t *testing.T) {
	t.Parallel()
	w, tf, stack := launchedHub(t)
	left, gone := w.customers[0].ID, w.customers[1].ID
	write := func(s hubSettings) {
		tf.Write(map[string]string{"main.tf": requireXrole + w.config(s) + "\noutput \"departing\" { value = xrole_hub.main.departing_account_ids }\n"})
	}
	forced := strings.ReplaceAll(w.onboardings(w.ids()...), "account_id = ", "force_destroy = true\n  account_id = ")
	write(hubSettings{customers: w.ids(), rest: forced})
	tf.Apply()

	write(hubSettings{customers: nil})
	_, plan := tf.Plan()
	if !regexp.MustCompile(`departing_account_ids\s+= \[\s+\+ "` + left + `"`).MatchString(plan) {
		t.Errorf("the plan does not show who is departing:\n%s", plan)
	}
	tf.Apply()
	if policy := w.topicPolicy(t); !strings.Contains(policy, left) || strings.Contains(policy, gone) {
		t.Errorf("the topic's policy should have kept %s only: %s", left, policy)
	}
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan after it shows a change:\n%s", out)
	}
	if policy := w.bucketPolicy(t); strings.Contains(policy, left) {
		t.Errorf("it still reads templates: %s", policy)
	}
	tf.Run("state", "rm", hubAddress)
	tf.Import(hubAddress, "acme")
	if changes, out := tf.Plan(); changes {
		t.Errorf("after an import a departing account is not what it was:\n%s", out)
	}

	if err := stack.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "DELETE_COMPLETE")
	w.disconnect(t, "customer-0")
	tf.Apply()
	if policy := w.topicPolicy(t); strings.Contains(policy, left) {
		t.Errorf("the topic's policy still names %s: %s", left, policy)
	}
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan at the end shows a change:\n%s", out)
	}
	tf.Destroy()
	w.empty(t)
}

// Nobody loses a hub that is in use by accident: the guard looks at what was applied before.
func TestHubResource_destroyGuard(t *testing.T) {
	t.Parallel()
	w, tf, _ := launchedHub(t)
	whole := func(more string) string {
		return requireXrole + w.config(hubSettings{customers: w.ids(), more: more, rest: w.onboardings(w.ids()...)})
	}
	refused := func(what, want string, args ...string) {
		t.Helper()
		r := tf.Run(append([]string{"apply", "-auto-approve"}, args...)...)
		if r.Code != 1 || !regexp.MustCompile(want).MatchString(unwrap(r.Output)) {
			t.Errorf("%s ended with code %d:\n%s", what, r.Code, r.Output)
		}
	}
	// The onboardings are forgotten, so that only the hub's own guard is left.
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids()}) + `
removed {
  from = xrole_onboarding.c0
  lifecycle { destroy = false }
}
removed {
  from = xrole_onboarding.c1
  lifecycle { destroy = false }
}`})
	tf.Apply()
	refused("destroying", `(?s)Hub is in use.*Its onboardings: 2.*force_destroy = true`, "-destroy")
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids(), regions: []string{"eu-west-1"}})})
	refused("removing the region", `(?s)Region of the hub is in use.*us-east-1.*force_destroy = true`)
	tf.Write(map[string]string{"main.tf": strings.Replace(whole(""), `name                   = "acme"`, `name                   = "other"`, 1)})
	refused("replacing", `(?s)Hub is in use`)
	tf.Write(map[string]string{"main.tf": requireXrole + strings.Replace(w.config(hubSettings{customers: w.ids()}), ":role/collector", ":role/scanner", 1)})
	if _, out := tf.Plan(); !strings.Contains(out, "Live customers: 1.") {
		t.Errorf("a change of the principals does not say how many customers have to update:\n%s", out)
	}
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids(), more: "force_destroy = true"})})
	tf.Apply()
	tf.Destroy()
	w.empty(t)
}

// disconnect records what the receiver's schedule finds ten minutes after a role has gone.
func (w hubWorld) disconnect(t *testing.T, name string) {
	t.Helper()
	store := registry.NewStore(w.clients().DynamoDB("us-east-1"), "arn:aws:dynamodb:us-east-1:"+w.partner.ID+":table/xrole-acme")
	rec, err := store.Get(t.Context(), name)
	if err != nil || rec.Delivery == nil {
		t.Fatalf("no delivery of %s: %v", name, err)
	}
	d := *rec.Delivery
	d.Status = registry.Disconnected
	if err := store.PutDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// A hub that is no longer for anyone keeps those who launched meanwhile.
func TestHubResource_noLongerForAnyone(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	listed := w.config(hubSettings{rest: w.onboardings(w.ids()...)})
	open := strings.Replace(listed, "customers              = { account_ids = [] }", "customers = { anyone = true }", 1)
	tf := w.terraform(t, open)
	tf.Apply()
	link, ok := tf.Outputs()["link0"].(string)
	if !ok {
		t.Fatal("no link")
	}
	stack, err := w.customers[0].Launch(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "CREATE_COMPLETE")
	tf.Write(map[string]string{"main.tf": requireXrole + listed + "\noutput \"departing\" { value = xrole_hub.main.departing_account_ids }\n"})
	tf.Apply()
	if got := fmt.Sprint(tf.Outputs()["departing"]); got != "["+w.customers[0].ID+"]" {
		t.Errorf("departing are %s", got)
	}
	if policy := w.topicPolicy(t); !strings.Contains(policy, w.customers[0].ID) {
		t.Errorf("the topic's policy names nobody: %s", policy)
	}
}

// A closed account never reports that its stack is gone: force_destroy, applied before, drops it, and the plan says so.
func TestHubResource_departingForced(t *testing.T) {
	t.Parallel()
	w, tf, _ := launchedHub(t)
	write := func(customers []string, more string) {
		tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: customers, more: more, rest: w.onboardings(w.ids()...)})})
	}
	write(nil, "")
	tf.Apply()
	write(nil, "force_destroy = true")
	tf.Apply()
	if policy := w.topicPolicy(t); !strings.Contains(policy, w.customers[0].ID) {
		t.Errorf("force_destroy counts before it was applied: %s", policy)
	}
	if out := tf.Apply(); !strings.Contains(out, "Departing customers are cut off") || !strings.Contains(out, w.customers[0].ID) {
		t.Errorf("the apply does not say who is cut off:\n%s", out)
	}
	if policy := w.topicPolicy(t); strings.Contains(policy, w.customers[0].ID) {
		t.Errorf("the topic's policy still names it: %s", policy)
	}
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan at the end shows a change:\n%s", out)
	}
}
