package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// Everything under examples/ is planned, so that no page shows what does not work. What reads the registry finds a hub
// and an onboarding there.
func TestExamples(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	seed := l.Terraform(t, w.partner, map[string]string{"main.tf": requireXrole + w.config(globex(customer.ID)) + linkOutput})
	seed.Init()
	seed.Apply()
	stack, err := customer.Launch(t.Context(), linkOf(t, seed))
	if err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "CREATE_COMPLETE")
	root := filepath.Join("..", "..", "examples")
	folders := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".tf") {
			folders[filepath.Dir(path)] = true
		}
		return err
	})
	if err != nil || len(folders) < 8 {
		t.Fatalf("only %d examples were found: %v", len(folders), err)
	}
	for folder := range folders {
		name, err := filepath.Rel(root, folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := w.example(t, folder, customer.ID)
			tf := l.Terraform(t, w.partner, files)
			tf.Setenv("AWS_REGION", "us-east-1")
			tf.Init()
			tf.Plan()
		})
	}
}

// example reads an example and puts this test's hub in the place of the one that it shows.
func (w world) example(t *testing.T, folder, customerID string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	files, asks := map[string]string{"versions.tf": requireXrole}, false
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(p)] = strings.ReplaceAll(string(raw), "111122223333", w.partner.ID)
		if strings.Contains(string(raw), "required_providers") {
			delete(files, "versions.tf")
		}
		asks = asks || strings.Contains(string(raw), `variable "hub"`)
	}
	if asks {
		local, _, _ := strings.Cut(strings.SplitN(w.hubLocal(), "hub = ", 2)[1], "\n}")
		files["test.auto.tfvars"] = "hub = " + local + "\n"
		if strings.Contains(folder, "complete") {
			files["test.auto.tfvars"] += "customers = { globex = { account_id = \"" + customerID + "\" } }\n"
		} else {
			files["test.auto.tfvars"] += "customer = \"globex\"\n"
		}
	}
	return files
}
