package lab_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const terraformBlock = `
terraform {
  required_providers {
    xrole = { source = "xrole/xrole" }
  }
}
`

func TestTerraform(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := l.Terraform(t, l.NewAccount(t), map[string]string{
		"terraform.tf": terraformBlock,
		"main.tf":      "resource \"terraform_data\" \"x\" {\n  input = { a = \"1\" }\n}\n",
		"outputs.tf":   "output \"x\" {\n  value = terraform_data.x.output\n}\n\noutput \"secret\" {\n  value     = \"s\"\n  sensitive = true\n}\n",
	})
	w.Init()
	if changes, out := w.Plan(); !changes || !strings.Contains(out, "1 to add") {
		t.Errorf("first plan: changes %v\n%s", changes, out)
	}
	w.Apply()
	if changes, out := w.Plan(); changes {
		t.Errorf("second plan:\n%s", out)
	}
	if diff := cmp.Diff(map[string]any{"x": map[string]any{"a": "1"}, "secret": "s"}, w.Outputs()); diff != "" {
		t.Errorf("outputs: %s", diff)
	}
	w.Apply("-replace=terraform_data.x")
	if state := w.Show(); state["format_version"] == nil {
		t.Errorf("state: %v", state)
	}
	w.Write(map[string]string{"main.tf": "resource \"terraform_data\" \"x\" {\n  input = xyz\n}\n"})
	if r := w.Run("plan"); r.Code != 1 || !strings.Contains(r.Output, "Invalid reference") || strings.Contains(r.Stdout, "Invalid reference") {
		t.Errorf("an invalid configuration: %+v", r)
	}
	w.Remove("main.tf")
	w.Write(map[string]string{"outputs.tf": ""})
	if out := w.Destroy(); !strings.Contains(out, "1 destroyed") {
		t.Errorf("destroy:\n%s", out)
	}
}

func TestTerraform_kill(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := l.Terraform(t, l.NewAccount(t), map[string]string{"main.tf": `
resource "terraform_data" "x" {
  provisioner "local-exec" {
    command = "echo it has begun; sleep 600"
  }
}
`})
	run := w.Start("apply", "-auto-approve")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(run.Output(), "(local-exec): it has begun") {
		<-tick.C
	}
	run.Kill()
	if r := run.Wait(); r.Code != -1 {
		t.Errorf("after the kill: %+v", r)
	}
	run.Kill()
}
