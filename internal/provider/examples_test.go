package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// Everything under examples/ is planned, so that no page shows what does not work. What reads the registry finds a hub
// and an onboarding there, and is the role that the hub trusts.
func TestExamples(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := deploy(t, lab.HubOptions{Anyone: true}) // the accounts of examples are nobody's
	seed := w.applied(t, requireXrole+w.config(globex(customer.ID))+linkOutput)
	stack, err := customer.Launch(t.Context(), linkOf(t, seed))
	if err != nil {
		t.Fatal(err)
	}
	settle(t, stack, "CREATE_COMPLETE")
	standIn(t, l)
	collector := w.collector(t)
	root := filepath.Join("..", "..", "examples")
	folders := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		switch reason := needsNewer(filepath.Base(path)); {
		case err == nil && reason != "":
			t.Run(filepath.Base(filepath.Dir(path))+" "+filepath.Base(path), func(t *testing.T) { t.Parallel(); t.Skip(reason) })
		case err == nil && strings.HasSuffix(path, ".tf"):
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
			tf := l.Terraform(t, collector.partner, files)
			tf.Setenv("AWS_REGION", "us-east-1")
			tf.Init()
			tf.Plan()
		})
	}
}

// needsNewer says why an example is not planned: what it shows is of a newer Terraform than examples have to work with. The
// same is done through the provider's protocol by other tests.
func needsNewer(file string) string {
	return map[string]string{
		"import-onboarding.tf":      "needs Terraform 1.12; TestIdentity_import does the same",
		"import-hub.tf":             "needs Terraform 1.12; TestIdentity_import does the same",
		"action.tf":                 "needs Terraform 1.14; TestVerifyAction does the same",
		"list-resource.tfquery.hcl": "needs Terraform 1.14; TestOnboardingList_adopt does the same",
	}[file]
}

// example reads an example and puts this test's account in the place of the one that it shows.
func (w world) example(t *testing.T, folder, customerID string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"versions.tf": requireXrole}
	values := map[string]string{
		"customers":              `{ globex = { account_id = "` + customerID + `" } }`,
		"customer":               `"globex"`,
		"trusted_principal_arns": `["arn:aws:iam::` + w.partner.ID + `:role/collector"]`,
	}
	for _, p := range paths {
		if needsNewer(filepath.Base(p)) != "" {
			continue
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("111122223333", w.partner.ID, "111111111111", w.partner.ID).Replace(string(raw))
		files[filepath.Base(p)] = text
		if strings.Contains(text, "required_providers") {
			delete(files, "versions.tf")
		}
		for name, value := range values {
			if strings.Contains(text, `variable "`+name+`"`) && !strings.Contains(folder, "multi-region") {
				files["test.auto.tfvars"] += name + " = " + value + "\n"
			}
		}
	}
	withModule(t, files)
	return files
}

// withModule lays the module that an example uses beside it.
func withModule(t *testing.T, files map[string]string) {
	t.Helper()
	const source = "../../modules/customers"
	if !strings.Contains(files["main.tf"], source) {
		return
	}
	paths, err := filepath.Glob(filepath.Join(source, "*.tf"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %d files, %v", source, len(paths), err)
	}
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Join("modules", "customers", filepath.Base(p))] = string(raw)
	}
	files["main.tf"] = strings.ReplaceAll(files["main.tf"], source, "./modules/customers")
}
