package provider_test

import (
	"archive/zip"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// standIn builds what stands in for hashicorp/aws into the mirror that Terraform installs from.
func standIn(t *testing.T, l *lab.Lab) {
	t.Helper()
	mirror, err := l.ProviderMirror(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(mirror, "registry.terraform.io", "hashicorp", "aws", "6.0.0", runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-aws_v6.0.0")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./testdata/aws")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the stand-in of hashicorp/aws: %v\n%s", err, out)
	}
}

const requireBoth = `
terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
    aws   = { source = "hashicorp/aws" }
  }
}
`

// inCustomersAccount makes something in the customer's account with the credentials of an onboarding.
func inCustomersAccount(hub, name string) string {
	return `
ephemeral "xrole_credentials" "globex" {
  hub  = ` + hub + `
  name = ` + name + `
}
provider "aws" {
  region     = "us-east-1"
  access_key = ephemeral.xrole_credentials.globex.access_key_id
  secret_key = ephemeral.xrole_credentials.globex.secret_access_key
  token      = ephemeral.xrole_credentials.globex.session_token
}
resource "aws_sns_topic" "t" { name = "made-by-the-partner" }
`
}

// watched reads with the second provider, and watches the role.
const watched = `
data "aws_caller_identity" "me" {}
check "trust" {
  data "xrole_trust_check" "globex" {
    hub  = local.hub
    name = "globex"
  }
  assert {
    condition     = data.xrole_trust_check.globex.passed
    error_message = join(" ", data.xrole_trust_check.globex.findings)
  }
}
`

// withLiveCustomer is a world in which a customer has launched the stack of the onboarding globex.
func withLiveCustomer(t *testing.T, customer *lab.Account) (world, *lab.Stack) {
	t.Helper()
	w := newWorld(t, customer)
	body := globexWith(`account_id = "`+customer.ID+`"`, `role = { name = "AcmeAccess", inline_policies = { sns = jsonencode(`+
		`{ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sns:*", Resource = "*" }] }) } }`)
	tf := w.applied(t, requireXrole+w.config(body)+linkOutput)
	stack := launched(t, tf, customer)
	return w, stack
}

// The credentials of a verified customer configure a second provider in one run, from plan to destroy, and nothing of
// them is in state, plan or logs.
func TestCredentials_secondProvider(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	standIn(t, l)
	customer := l.NewAccount(t)
	admin, _ := withLiveCustomer(t, customer)
	w := admin.collector(t)
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": requireBoth + w.config(inCustomersAccount("local.hub", `"globex"`)+watched)})
	tf.Init()
	secrets := filepath.Join(t.TempDir(), "secrets")
	tf.Setenv("STAND_IN_SECRETS", secrets)
	tf.Setenv("TF_LOG", "TRACE")
	seen := map[string]string{}
	run := func(name string, args ...string) {
		r := tf.Run(args...)
		if seen[name] = r.Output; r.Code != 0 {
			t.Fatal(r.Output)
		}
	}
	run("plan's log", "plan", "-out=plan")
	run("plan as JSON", "show", "-json", "plan")
	run("apply's log", "apply", "plan")
	run("state as JSON", "show", "-json")
	if got := seen["state as JSON"]; !strings.Contains(got, customer.ID) || !strings.Contains(got, "assumed-role/AcmeAccess/xrole") {
		t.Errorf("the second provider did not act as the customer's role:\n%s", got)
	}
	run("destroy's log", "destroy", "-auto-approve")
	maps.Copy(seen, contents(t, tf.Dir))
	told := strings.Fields(contents(t, filepath.Dir(secrets))["secrets"])
	// Two for each of at least: plan, apply, and the plan and apply of the destroy.
	if len(told) < 8 || !strings.Contains(seen["destroy's log"], "1 destroyed") || !strings.Contains(seen["plan's log"], "[TRACE]") || len(seen["plan/tfplan"]) == 0 {
		t.Fatalf("%d secrets were given; the rest is\n%s", len(told), seen["destroy's log"])
	}
	for _, operation := range []string{"BatchGetItem", "AssumeRole"} {
		line := regexp.MustCompile(`(?m)^.*AWS request: .*$`).FindAllString(seen["plan's log"], -1)
		if !slices.ContainsFunc(line, func(l string) bool {
			return strings.Contains(l, "aws_operation="+operation) && strings.Contains(l, "http_status=200") && strings.Contains(l, "aws_region=us-east-1")
		}) {
			t.Errorf("the log tells nothing of %s: %q", operation, line)
		}
	}
	for where, text := range seen {
		for _, secret := range told {
			if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) {
				t.Errorf("%s holds a secret", where)
			}
		}
	}
}

// contents reads the files of a folder, and what is in those that are archives.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		path := filepath.Join(folder, e.Name())
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(raw)
		archive, err := zip.OpenReader(path)
		if err != nil {
			continue
		}
		for _, f := range archive.File {
			if raw, err = fs.ReadFile(archive, f.Name); err != nil {
				t.Fatal(err)
			}
			all[e.Name()+"/"+f.Name] = string(raw)
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// What is not known at plan is opened at apply. A hub that changes in the same run is no obstacle as long as it is known,
// and a role that is gone stops the run with words.
func TestCredentials_unknown(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	standIn(t, l)
	customer := l.NewAccount(t)
	admin, stack := withLiveCustomer(t, customer)
	w := admin.collector(t)
	assumed := func() int {
		return len(l.Requests(lab.Filter{AccountID: w.partner.ID, Service: "sts", Operation: "AssumeRole"}))
	}
	const later = `
resource "terraform_data" "name" { input = "globex" }
resource "terraform_data" "table" { input = local.hub.table }`
	hub := `merge(local.hub, { table = terraform_data.table.output })`
	config := requireBoth + w.config(inCustomersAccount(hub, "terraform_data.name.output")+later)
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": config})
	tf.Init()
	before := assumed()
	if _, out := tf.Plan("-out=plan"); !strings.Contains(out, "aws_sns_topic.t will be created") || assumed() != before {
		t.Errorf("the first plan assumed %d roles:\n%s", assumed()-before, out)
	}
	if r := tf.Run("apply", "plan"); r.Code != 0 || assumed() == before {
		t.Fatalf("the first apply assumed %d roles:\n%s", assumed()-before, r.Output)
	}
	if changes, out := tf.Plan(); changes {
		t.Errorf("a second plan shows:\n%s", out)
	}
	second := `"role/collector", "arn:aws:iam::` + w.partner.ID + `:role/second"`
	tf.Write(map[string]string{"main.tf": strings.Replace(config, `:role/collector"]`, `:`+second[1:]+`]`, 1)})
	if changes, out := tf.Plan(); changes {
		t.Errorf("a change of the hub shows:\n%s", out)
	}
	if err := stack.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "DELETE_COMPLETE")
	if r := tf.Run("plan"); r.Code != 1 || !regexpOf("Role denies access").MatchString(r.Output) || !regexpOf("the role is gone").MatchString(r.Output) {
		t.Errorf("without the role:\n%s", r.Output)
	}
}

// Credentials cost one read of the registry, one question who asks, and one session.
func TestCredentials_requests(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	admin := newWorld(t, customer)
	w := admin.collector(t)
	arn := role(t, customer, "R", admin.trustPolicy(t, cfn.Role{}))
	admin.record(t, registry.Offer{Name: "globex", AccountID: customer.ID, ExternalID: externalID}, registry.Delivery{Status: registry.Verified, RoleARN: arn, AccountID: customer.ID})
	tf := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config("ephemeral \"xrole_credentials\" \"x\" {\n"+strings.Join(byName("globex"), "\n")+"\n}\n")})
	tf.Init()
	c := w.counter()
	tf.Plan()
	if err := c.exactly("a plan", "BatchGetItem", "GetCallerIdentity", "AssumeRole"); err != nil {
		t.Error(err)
	}
}
