package lab_test

import (
	"encoding/json"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

// example reads a folder of examples/ as the files of a configuration.
func example(t *testing.T, name string) map[string]string {
	t.Helper()
	files := map[string]string{}
	paths, err := filepath.Glob(filepath.Join("..", "..", "examples", name, "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no example %q: %v", name, err)
	}
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(p)] = string(raw)
	}
	return files
}

func tfvars(t *testing.T, values map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// ourArchitecture is this machine's, in Lambda's words: on the lab the receiver runs here.
func ourArchitecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// The whole journey with the binaries as shipped: invite, launch, see, use, leave.
func TestJourney(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer, late := l.NewAccount(t), l.NewAccount(t), l.NewAccount(t)
	files := example(t, "complete")
	files["v.auto.tfvars.json"] = tfvars(t, map[string]any{
		"architecture": ourArchitecture(), "trusted_principal_arns": []string{partner.ARN},
		"customers": map[string]any{
			"globex":   map[string]any{"account_id": customer.ID, "region": "eu-west-1"},
			"umbrella": map[string]any{"account_id": late.ID},
		},
	})
	admin := l.Terraform(t, partner, files)
	admin.Init()
	admin.Apply()
	if changes, out := admin.Plan(); changes {
		t.Fatalf("a plan right after the apply shows a change:\n%s", out)
	}
	link := outputs(t, admin)["invitations"]["globex"]
	stack, err := customer.Launch(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "CREATE_COMPLETE")
	onlyCompanionsDrift(t, admin)
	admin.Apply("-refresh-only")

	files = example(t, "collector")
	files["v.auto.tfvars.json"] = tfvars(t, map[string]any{"customer": "globex"})
	collector := l.Terraform(t, partner, files)
	collector.Init()
	collector.Apply()
	role := outputs(t, collector)["role"]
	if role["status"] != "verified" || role["role_arn"] != stack.Outputs["RoleArn"] {
		t.Errorf("the collector sees %v, the stack made %q", role, stack.Outputs["RoleArn"])
	}
	assumes(t, partner, role)

	before := len(stack.Events)
	if err := stack.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "DELETE_COMPLETE")
	for _, e := range stack.Events[before:] {
		if strings.Contains(e.Status, "FAILED") {
			t.Errorf("the deletion went wrong at %s: %s", e.LogicalResourceID, e.Reason)
		}
	}
	if _, out := admin.Plan("-refresh-only"); !strings.Contains(out, `"leaving"`) {
		t.Errorf("the partner does not see that the customer is leaving:\n%s", out)
	}
}

// outputs decodes the outputs that are maps of strings.
func outputs(t *testing.T, w *lab.Terraform) map[string]map[string]string {
	t.Helper()
	maps := map[string]map[string]string{}
	for name, value := range w.Outputs() {
		object, ok := value.(map[string]any)
		if !ok {
			continue
		}
		maps[name] = map[string]string{}
		for k, v := range object {
			if s, ok := v.(string); ok {
				maps[name][k] = s
			}
		}
	}
	return maps
}

func settle(t *testing.T, stack *lab.Stack, want string) {
	t.Helper()
	if err := stack.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stack.Status != want {
		t.Fatalf("the stack ended as %s, not %s: %+v", stack.Status, want, stack.Events)
	}
}

// onlyCompanionsDrift reads the plan as JSON: a delivery changes what came back and proposes nothing.
func onlyCompanionsDrift(t *testing.T, w *lab.Terraform) {
	t.Helper()
	w.Plan("-out=plan")
	raw, err := json.Marshal(w.Show("plan"))
	if err != nil {
		t.Fatal(err)
	}
	var plan struct {
		ResourceDrift, ResourceChanges []struct {
			Address string
			Change  struct {
				Actions       []string
				Before, After map[string]any
			}
		}
	}
	if err := json.Unmarshal([]byte(strings.NewReplacer("resource_drift", "ResourceDrift", "resource_changes", "ResourceChanges").Replace(string(raw))), &plan); err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.ResourceChanges {
		if !slices.Equal(c.Change.Actions, []string{"no-op"}) {
			t.Errorf("a delivery makes the plan propose %v on %s", c.Change.Actions, c.Address)
		}
	}
	companions := []string{"status", "role_arn", "stack_id", "verified_at", "reason", "outdated"}
	if len(plan.ResourceDrift) != 1 {
		t.Errorf("the plan shows %d drifted resources, not globex alone", len(plan.ResourceDrift))
	}
	for _, c := range plan.ResourceDrift {
		for name, after := range c.Change.After {
			if !reflect.DeepEqual(after, c.Change.Before[name]) && !slices.Contains(companions, name) {
				t.Errorf("a delivery changed %s: %v, was %v", name, after, c.Change.Before[name])
			}
		}
		if c.Change.After["status"] != "verified" {
			t.Errorf("the status came back as %v", c.Change.After["status"])
		}
	}
}

// assumes wants the role to let the partner in with the External ID and in no other way.
func assumes(t *testing.T, partner *lab.Account, role map[string]string) {
	t.Helper()
	client := sts.NewFromConfig(partner.Config("us-east-1"))
	try := func(externalID *string) error {
		_, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(role["role_arn"]), RoleSessionName: aws.String("collector"), ExternalId: externalID})
		return err
	}
	if err := try(aws.String(role["external_id"])); err != nil {
		t.Errorf("the External ID does not open the role: %v", err)
	}
	if try(nil) == nil {
		t.Error("the role opens without an External ID")
	}
	if try(aws.String("guessed-by-somebody")) == nil {
		t.Error("the role opens with any External ID")
	}
}

// Somebody signed in to another account cannot read the template; where it gets there all the same, nothing is made.
func TestJourney_wrongAccount(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer, stranger := l.NewAccount(t), l.NewAccount(t), l.NewAccount(t)
	files := example(t, "complete")
	files["v.auto.tfvars.json"] = tfvars(t, map[string]any{
		"architecture": ourArchitecture(), "regions": []string{"us-east-1"}, "trusted_principal_arns": []string{partner.ARN},
		"customers": map[string]any{"globex": map[string]any{"account_id": customer.ID}},
	})
	admin := l.Terraform(t, partner, files)
	admin.Init()
	admin.Apply()
	link := outputs(t, admin)["invitations"]["globex"]
	if _, err := stranger.Launch(t.Context(), link); err == nil || !strings.Contains(err.Error(), "Access Denied") {
		t.Errorf("a stranger launched the link: %v", err)
	}
	body := readTemplate(t, customer, link)
	_, err := stranger.Launch(t.Context(), link, func(f *lab.Form) { f.TemplateBody = body })
	if err == nil || !strings.Contains(err.Error(), customer.ID) {
		t.Errorf("a stranger who has the template was not told which account it is for: %v", err)
	}
	_, err = customer.Launch(t.Context(), link, func(f *lab.Form) { f.Region = "eu-west-1" })
	if err == nil || !strings.Contains(err.Error(), "us-east-1") {
		t.Errorf("a customer in another region was not told which it is: %v", err)
	}
	if left := stranger.Leftovers(t); len(left) != 0 {
		t.Errorf("something was made in the wrong account: %v", left)
	}
	instructions := outputs(t, admin)["instructions"]["globex"]
	if !strings.Contains(instructions, "Access Denied") {
		t.Error("the instructions do not say what Access Denied means")
	}
}

// readTemplate reads what a launch link leads to.
func readTemplate(t *testing.T, as *lab.Account, launchURL string) string {
	t.Helper()
	link, err := launch.Parse(launchURL)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link.TemplateURL)
	if err != nil {
		t.Fatal(err)
	}
	bucket, _, _ := strings.Cut(u.Host, ".")
	out, err := s3.NewFromConfig(as.Config("us-east-1")).GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: aws.String(strings.TrimPrefix(u.Path, "/"))})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close() //nolint:errcheck // reading is over
	raw, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
