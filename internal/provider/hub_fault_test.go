package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func expectFailure(t *testing.T, what string, r lab.Result, want string) {
	t.Helper()
	text := strings.Join(strings.Fields(strings.ReplaceAll(r.Output, "│", " ")), " ") // Terraform breaks lines
	if r.Code != 1 || !regexp.MustCompile(want).MatchString(text) {
		t.Errorf("%s ended with code %d, want %s:\n%s", what, r.Code, want, r.Output)
	}
}

// A stack that fails names the resource that failed first and why; nothing is in the state, and when the cause is gone
// the next apply goes on from what stands.
func TestHubResource_stackFails(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	roles := iam.NewFromConfig(w.partner.Config("us-east-1"))
	name := aws.String("xrole-acme-receiver") // somebody's, in our way
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	must(t)(roles.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: &trust}))

	tf := w.terraform(t, w.config(hubSettings{customers: w.ids()}))
	tf.Setenv("TF_LOG", "INFO")
	r := tf.Run("apply", "-auto-approve")
	expectFailure(t, "a stack in whose way a role is", r, `Hub stack failed.*"xrole-acme-receiver" in us-east-1 is ROLLBACK_COMPLETE, since Role \(AWS::IAM::Role\) failed first: .*Begun so far: us-east-1: creating stack xrole-acme-storage.*next apply goes on from there`)
	if !strings.Contains(r.Output, "[INFO]  provider.terraform-provider-xrole") || !strings.Contains(r.Output, "hub: us-east-1: creating stack xrole-acme-storage") {
		t.Errorf("the log does not tell what is being done:\n%s", r.Output)
	}
	if state := tf.Run("state", "list"); strings.Contains(state.Stdout, "xrole_hub") {
		t.Errorf("a failed create is in the state: %s", state.Output)
	}
	must(t)(roles.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name}))
	tf.Setenv("TF_LOG", "")
	tf.Apply()
	if changes, out := tf.Plan(); changes {
		t.Errorf("a plan after the second apply shows a change:\n%s", out)
	}
	tf.Destroy()
	w.empty(t)
}

// A time that is too short is said to be that, and the next apply goes on.
func TestHubResource_timeout(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	tf := w.terraform(t, w.config(hubSettings{customers: w.ids(), more: `timeouts = { create = "1ms" }`}))
	expectFailure(t, "a create of a millisecond", tf.Run("apply", "-auto-approve"), `Unable to apply the hub.*longer than .timeouts. allows`)
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids()})})
	tf.Apply()
	tf.Destroy()
	w.empty(t)
}

// With credentials of another account a hub is not gone, and a hub of that name there is not ours.
func TestHubResource_otherAccount(t *testing.T) {
	t.Parallel()
	w, other := newHubWorld(t, 1), newHubWorld(t, 0)
	tf := w.terraform(t, w.config(hubSettings{customers: w.ids()}))
	tf.Apply()
	foreign := w.config(hubSettings{customers: w.ids(), more: "recheck_hours = 12"})
	tf.Write(map[string]string{"main.tf": requireXrole + strings.Replace(foreign, w.partner.Profile, other.partner.Profile, 1)})
	want := `Credentials of another account.*` + w.partner.ID + `.*` + other.partner.ID
	expectFailure(t, "a plan", tf.Run("plan"), want)
	expectFailure(t, "an apply", tf.Run("apply", "-auto-approve", "-refresh=false"), want)
	expectFailure(t, "a destroy", tf.Run("destroy", "-auto-approve", "-refresh=false"), want)
	other.empty(t)
	tf.Write(map[string]string{"main.tf": requireXrole + w.config(hubSettings{customers: w.ids()})})
	if changes, out := tf.Plan(); changes {
		t.Errorf("the hub was changed:\n%s", out)
	}
	tf.Destroy()
	w.empty(t)
}

// A hub that was deleted by hand is made again.
func TestHubResource_gone(t *testing.T) {
	t.Parallel()
	w := newHubWorld(t, 1)
	config := w.config(hubSettings{customers: w.ids()})
	tf, second := w.terraform(t, config), w.terraform(t, config)
	tf.Apply()
	second.Import(hubAddress, "acme")
	second.Destroy()
	w.empty(t)
	if changes, out := tf.Plan(); !changes || !strings.Contains(out, "xrole_hub.main will be created") {
		t.Errorf("a plan without the hub:\n%s", out)
	}
	tf.Apply()
	tf.Destroy()
	w.empty(t)
}
