package provider_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

var repository = filepath.Join("..", "..")

// pages are all Markdown pages that a user reads, by their path in the repository.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := []string{"README.md", "CONTRIBUTING.md", "COMPATIBILITY.md", "SECURITY.md", "CHANGELOG.md", "DESIGN.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md", "modules/*/README.md", "permissions/README.md", "bench/README.md"} {
		more, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range more {
			found = append(found, strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(repository)+"/"))
		}
	}
	all := map[string]string{}
	for _, path := range found {
		raw, err := os.ReadFile(filepath.Join(repository, path))
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(raw)
	}
	if len(all) < 30 {
		t.Fatalf("only %d pages were found", len(all))
	}
	return all
}

// sources are what is planned by TestExamples or run by the modules' own tests: what a page shows is a piece of one.
func sources(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, folder := range []string{"examples", "modules"} {
		err := filepath.WalkDir(filepath.Join(repository, folder), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !slices.Contains([]string{".tf", ".hcl", ".sh", ".csv"}, filepath.Ext(path)) {
				return err
			}
			raw, err := os.ReadFile(path)
			all = append(all, flat(string(raw)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// flat is a text without what its place in a page changes.
func flat(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
}

var fence = regexp.MustCompile("(?ms)^[ ]*```([a-z]*)[^\n]*\n(.*?)^[ ]*```[ ]*$")

// Every code block of every page is a piece of something that is planned or run, or is at least sound.
func TestDocs_blocks(t *testing.T) {
	t.Parallel()
	known, makefile := sources(t), targets(t)
	checked := map[string]int{}
	for path, text := range pages(t) {
		for _, m := range fence.FindAllStringSubmatch(text, -1) {
			kind, body := m[1], m[2]
			checked[kind]++
			if complaint := unsound(t, kind, body, known, makefile); complaint != "" {
				t.Errorf("%s: %s:\n%s", path, complaint, body)
			}
		}
	}
	for _, kind := range []string{"terraform", "sh", "json", "mermaid"} {
		if checked[kind] == 0 {
			t.Errorf("no block of %s was found: %v", kind, checked)
		}
	}
}

// elsewhere are blocks that are no part of a configuration: TestDocs_installation and TestDocs_policies try them.
var elsewhere = regexp.MustCompile(`^(provider_installation \{|resource "aws_iam_policy" )`)

// published is where the module of this repository is for everybody else.
var published = regexp.MustCompile(`git::https://github.com/xrole/terraform-provider-xrole.git//(modules/[a-z]+)\?ref=v[0-9.]+`)

func unsound(t *testing.T, kind, body string, known []string, makefile map[string]bool) string {
	t.Helper()
	switch kind {
	case "terraform", "hcl", "tf":
		if elsewhere.MatchString(body) {
			break
		}
		format := exec.CommandContext(t.Context(), "terraform", "fmt", "-check", "-")
		format.Stdin = strings.NewReader(body)
		if out, err := format.CombinedOutput(); err != nil {
			return "terraform fmt would change this: " + string(out)
		}
		piece := flat(published.ReplaceAllString(body, "../../$1"))
		if !slices.ContainsFunc(known, func(s string) bool { return strings.Contains(s, piece) }) {
			return "this is no piece of an example, so nothing plans it"
		}
	case "json":
		if !json.Valid([]byte(body)) {
			return "this is no JSON"
		}
	case "sh", "shell", "bash":
		return unsoundShell(t, body, makefile)
	case "mermaid":
		if !regexp.MustCompile(`^\s*(flowchart|sequenceDiagram|stateDiagram-v2|timeline)`).MatchString(body) {
			return "this is no diagram"
		}
	case "csv":
		if !slices.Contains(known, flat(body)) {
			return "this is no file of an example"
		}
	case "text": // a picture, a signature, or what the tour's test has Terraform say
	default:
		return "nothing checks a block of this kind"
	}
	return ""
}

// The block that has Terraform use a provider that somebody built works as it stands, with the path of their own: a
// configuration is initialised with it, which one with other providers and modules must be. It stands before the first
// configuration that needs it, and make build fills the folder.
func TestDocs_installation(t *testing.T) {
	t.Parallel()
	readme := pages(t)["README.md"]
	block := regexp.MustCompile("(?s)```hcl\n(provider_installation \\{.*?)```").FindStringSubmatch(readme)
	if block == nil || strings.Index(readme, block[0]) > strings.Index(readme, "```terraform") {
		t.Fatal("README.md has no such block before the first configuration")
	}
	if out, err := exec.CommandContext(t.Context(), "make", "-C", repository, "-n", "build").CombinedOutput(); err != nil || !strings.Contains(string(out), "bin/mirror/registry.terraform.io/xrole/xrole/") {
		t.Errorf("make build does not fill bin/mirror: %v %s", err, out)
	}
	mirror, err := lab.Shared(t).ProviderMirror(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string][]byte{
		"terraformrc": []byte(strings.Replace(block[1], "/path/to/terraform-provider-xrole/bin/mirror", filepath.ToSlash(mirror), 1)),
		"main.tf":     []byte(requireXrole + "output \"name\" {\n  value = provider::xrole::role_arn_parse(\"arn:aws:iam::222222222222:role/AcmeAccess\").name\n}\n"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range [][]string{{"init"}, {"plan"}} {
		run := exec.CommandContext(t.Context(), "terraform", append([]string{"-chdir=" + folder}, append(step, "-no-color")...)...)
		run.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(folder, "terraformrc"))
		out, err := run.CombinedOutput()
		if err != nil || step[0] == "plan" && !strings.Contains(string(out), `+ name = "AcmeAccess"`) {
			t.Errorf("%v: %s", err, out)
		}
	}
}

// The policy blocks give the documents what they ask for: what they come to is JSON without a gap.
func TestDocs_policies(t *testing.T) {
	t.Parallel()
	policy := regexp.MustCompile(`(?s)resource "aws_iam_policy" "[a-z]+" \{\n  name = [^\n]*\n  policy = (.*?\n  \}\))\n\}`)
	blocks := policy.FindAllStringSubmatch(pages(t)["permissions/README.md"], -1)
	if len(blocks) == 0 {
		t.Fatal("permissions/README.md has no such block")
	}
	for _, block := range blocks {
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(filepath.Join(repository, "permissions"))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "main.tf"), []byte("output \"policy\" {\n  value = "+block[1]+"\n}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "terraform", "-chdir="+folder, "apply", "-auto-approve", "-no-color").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		out, err := exec.CommandContext(t.Context(), "terraform", "-chdir="+folder, "output", "-raw", "policy").Output()
		if err != nil || !json.Valid(out) || strings.Contains(string(out), "${") && !strings.Contains(string(out), "${aws:") {
			t.Errorf("%v: %s", err, out)
		}
	}
}

// targets are what make can make.
func targets(t *testing.T) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(repository, "GNUmakefile"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(string(raw), -1) {
		all[m[1]] = true
	}
	return all
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// Every link within the repository leads somewhere, every guide is on the first page, and every page of the reference too.
func TestDocs_links(t *testing.T) {
	t.Parallel()
	all := pages(t)
	seen := 0
	for path, text := range all {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") {
				continue // outside
			}
			seen++
			to := path
			if target != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), target))
			}
			if _, err := os.Stat(filepath.Join(repository, to)); err != nil {
				t.Errorf("%s: %s leads nowhere", path, m[1])
			} else if anchor != "" && !slices.Contains(anchors(all[to]), anchor) {
				t.Errorf("%s: %s has no such heading: %v", path, m[1], anchors(all[to]))
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d links were found", seen)
	}
	for path := range all {
		if strings.HasPrefix(path, "docs/") && path != "docs/index.md" && !strings.Contains(all["README.md"], "("+path+")") {
			t.Errorf("README.md does not name %s", path)
		}
	}
}

// anchors are the headings of a page as links name them.
func anchors(page string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		name := strings.ToLower(strings.TrimSpace(m[1]))
		name = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(name, "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	for _, m := range regexp.MustCompile(`<a id="([^"]+)">`).FindAllStringSubmatch(page, -1) {
		all = append(all, m[1])
	}
	return all
}
