package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// A rotation that follows another resource, such as a clock, is not known at plan: the apply decides.
func TestOnboardingResource_rotationUnknown(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	follows := func(clock, finish string) string {
		return w.config(`
resource "terraform_data" "clock" { input = "` + clock + `" }
resource "terraform_data" "finish" { input = ` + finish + ` }` +
			globex(customer.ID, `rotation = substr(terraform_data.clock.output, 0, 4)`, `rotation_finish = terraform_data.finish.output`))
	}
	id := &captured{attribute: "external_id"}
	previous := func(want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, at("previous_external_id"), want)
	}
	stays := func() statecheck.StateCheck {
		return statecheck.ExpectKnownValue(address, at("external_id"), lazily{id})
	}
	undecided := resource.ConfigPlanChecks{
		PreApply: []plancheck.PlanCheck{
			unknownExactly{"external_id", "launch_url", "previous_external_id", "rotation", "template_sha256", "template_url"},
		},
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: follows("2026-07", "false"), ConfigStateChecks: []statecheck.StateCheck{id}},
			{Config: follows("2026-10", "false"), ConfigPlanChecks: undecided, ConfigStateChecks: []statecheck.StateCheck{stays(), previous(knownvalue.Null())}},
			{Config: follows("2027-01", "false"), ConfigPlanChecks: undecided, ConfigStateChecks: []statecheck.StateCheck{previous(lazily{id})}},
			{
				Config: follows("2027-01", "true"), ConfigStateChecks: []statecheck.StateCheck{previous(knownvalue.Null())},
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					unknownExactly{"launch_url", "previous_external_id", "rotation_finish", "template_sha256", "template_url"},
				}},
			},
		},
	})
}

// lazily wants a string that an earlier step captured.
type lazily struct{ from *captured }

func (l lazily) CheckValue(got any) error {
	if got != l.from.value {
		return fmt.Errorf("%v is not %q", got, l.from.value)
	}
	return nil
}

func (l lazily) String() string { return "what was captured as " + l.from.attribute }

// The plan says in words what a rotation does and who has to act; a plan that changes nothing says nothing.
func TestOnboardingResource_rotationWarnings(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	file := func(extra ...string) map[string]string {
		return map[string]string{"main.tf": requireXrole + w.config(globex(customer.ID, extra...)) + linkOutput}
	}
	tf := l.Terraform(t, w.partner, file(`rotation = "1"`, `external_id = "globex-2019"`))
	tf.Init()
	plan := func(want string, extra ...string) {
		t.Helper()
		tf.Write(file(extra...))
		_, out := tf.Plan()
		if want == "" && strings.Contains(out, "Warning:") || !strings.Contains(out, want) {
			t.Errorf("with %v the plan does not say %q:\n%s", extra, want, out)
		}
	}
	plan("External ID that can be guessed", `rotation = "1"`, `external_id = "globex-2019"`)
	tf.Apply()
	plan("", `rotation = "1"`, `external_id = "globex-2019"`)
	if r := func() lab.Result {
		tf.Write(file(`rotation = "2"`, `external_id = "globex-2019"`))
		return tf.Run("plan")
	}(); !strings.Contains(r.Output, "Rotation of a given External ID") {
		t.Errorf("a rotation of a given External ID: %s", r.Output)
	}
	plan("", `rotation = "1"`)
	plan("", "force_destroy = true")
	plan("No rotation to finish", `rotation = "1"`, "rotation_finish = true")
	plan("External ID will be rotated before the launch", `rotation = "2"`)
	plan("External ID will be replaced", `rotation = "2"`, "rotation_finish = true")
	stack := launched(t, tf, customer)
	plan("External ID will be rotated\n", `rotation = "2"`)
	plan("\"globex-2019\"", `rotation = "2"`)
	tf.Apply()
	plan("", `rotation = "2"`)
	plan("Rotation neither ended nor taken back", "force_destroy = true")
	w.setStatus(t, registry.Disconnected) // denied by the customer's own policy for ten minutes
	plan("was proven with", `rotation = "2"`, "rotation_finish = true")
	plan("was proven with", `rotation = "3"`, "rotation_finish = true")
	plan("was proven with", `rotation = "3"`)
	plan(`The one before that, "globex-2019"`, `rotation = "3"`)
	w.setStatus(t, registry.Verified)
	if err := stack.Update(t.Context(), w.templateURL(t)); err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "UPDATE_COMPLETE")
	plan("The one before that", `rotation = "3"`)
	plan("Former External ID will be dropped", `rotation = "2"`, "rotation_finish = true")
	tf.Apply()
	plan("", `rotation = "2"`, "rotation_finish = true")
}

// Who sets `rotation` for the first time is told that nothing is rotated, once, and of a fleet once for all; who makes an
// onboarding with it is told nothing.
func TestOnboardingResource_rotationOnlyRecorded(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	lines := []string{fmt.Sprintf("globex = { account_id = %q }", customer.ID), fmt.Sprintf("hooli = { account_id = %q }", customer.ID)}
	for name, file := range map[string]func(extra ...string) string{
		"one": func(extra ...string) string {
			return requireXrole + w.config(strings.Replace(globex(customer.ID, extra...), `= "globex"`, `= "one"`, 1))
		},
		"fleet": func(extra ...string) string { return w.fleet(strings.Join(extra, "\n"), lines...) },
	} {
		tf := l.Terraform(t, w.partner, map[string]string{"main.tf": file()})
		tf.Init()
		said := func(extra ...string) int {
			t.Helper()
			tf.Write(map[string]string{"main.tf": file(extra...)})
			_, out := tf.Plan()
			tf.Apply()
			return strings.Count(out, "Warning: Rotation only recorded")
		}
		for i, row := range []struct {
			want  int
			extra []string
		}{{0, nil}, {1, []string{`rotation = "1"`}}, {0, []string{`rotation = "1"`, "service_timeout_seconds = 900"}}, {0, []string{`rotation = "2"`}}} {
			if got := said(row.extra...); got != row.want {
				t.Errorf("%s, step %d with %v: said %d times", name, i, row.extra, got)
			}
		}
		tf.Destroy()
		if said(`rotation = "1"`) != 0 {
			t.Errorf("%s: making it with a rotation is warned of", name)
		}
	}
}

// setStatus records what the receiver's schedule would.
func (w world) setStatus(t *testing.T, status registry.Status) {
	t.Helper()
	rec, err := w.store(t).Get(t.Context(), "globex")
	if err != nil || rec.Current() == nil {
		t.Fatalf("no delivery: %v", err)
	}
	d := rec.Draft()
	d.Status = status
	if err := w.store(t).PutDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// verify asks the receiver to prove the role again, as its schedule does.
func (w world) verify(t *testing.T, name string) {
	t.Helper()
	out, err := w.clients().Lambda("us-east-1").Invoke(ctxOf(t), &lambda.InvokeInput{
		FunctionName: &w.hub.ReceiverFunctionARN, Payload: fmt.Appendf(nil, `{"verify":{"name":%q}}`, name),
	})
	if err != nil || out.FunctionError != nil {
		t.Fatalf("%v: %s", err, out.Payload)
	}
}

func (w world) templateURL(t *testing.T) string {
	t.Helper()
	return "https://" + w.hub.Bucket + ".s3.us-east-1.amazonaws.com/" + w.offer(t, "globex").TemplateKey
}

// A customer who was taken over is rotated too: by hand, since no stack of xrole's made its role.
func TestOnboardingResource_rotationOfTakenOver(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	roles := iam.NewFromConfig(customer.Config("us-east-1"))
	name, issued := "VendorAccess", "issued-in-2019-7f3a-91c0-d85e"
	trust := func(ids ...string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + w.partner.ID + `:root"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"sts:ExternalId":["` + strings.Join(ids, `","`) + `"]}}}]}`
	}
	before := trust(issued)
	if _, err := roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &before}); err != nil {
		t.Fatal(err)
	}
	role := `existing_role_arn = "arn:aws:iam::` + customer.ID + `:role/VendorAccess"`
	id := &captured{attribute: "external_id"}
	inUse := func(want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.xrole_role.globex", at("external_id"), want)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID, role)), ExpectError: regexp.MustCompile(`Existing role without its External ID`)},
			{Config: w.config(globex(customer.ID, role, `rotation = "1"`, `external_id = "`+issued+`"`))},
			{Config: w.config(globex(customer.ID, role, `rotation = "2"`)), ConfigStateChecks: []statecheck.StateCheck{id}},
			{
				PreConfig: func() {
					after := trust(id.value)
					must(t)(roles.UpdateAssumeRolePolicy(ctxOf(t), &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &after}))
					w.verify(t, "globex")
				},
				Config:            w.config(globex(customer.ID, role, `rotation = "2"`, "force_destroy = true") + readGlobex),
				ConfigStateChecks: []statecheck.StateCheck{inUse(lazily{id}), statecheck.ExpectKnownValue(address, at("status"), knownvalue.StringExact("verified"))},
			},
			{
				Config:            w.config(globex(customer.ID, role, `rotation = "2"`, "rotation_finish = true", "force_destroy = true")),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, at("previous_external_id"), knownvalue.Null())},
			},
		},
	})
}

// Another state takes the onboarding over and rotates it. Who takes it back gets the External ID that a customer may have,
// and makes no third one.
func TestOnboardingResource_rotationByAnotherState(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	w := newWorld(t, customer)
	first, second := &captured{attribute: "external_id"}, &captured{attribute: "external_id"}
	other := func(rotation string) string { return w.config(globex(customer.ID, "adopt = true", rotation)) }
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(globex(customer.ID, `rotation = "1"`)), ConfigStateChecks: []statecheck.StateCheck{first}},
			{
				PreConfig: func() {
					resource.UnitTest(t, resource.TestCase{
						ProtoV6ProviderFactories: factories(),
						Steps: []resource.TestStep{
							{Config: other(`rotation = "1"`), ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue(address, at("external_id"), lazily{first})}},
							{Config: other(`rotation = "2"`), ConfigStateChecks: []statecheck.StateCheck{second}},
							{Config: w.config("removed {\n  from = xrole_onboarding.globex\n  lifecycle {\n    destroy = false\n  }\n}")},
						},
					})
				},
				Config: w.config(globex(customer.ID, `rotation = "2"`)), ExpectError: regexp.MustCompile(`Onboarding has another owner`),
			},
			{
				Config: other(`rotation = "2"`),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, at("external_id"), lazily{second}),
					statecheck.ExpectKnownValue(address, at("previous_external_id"), lazily{first}),
				},
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
}
