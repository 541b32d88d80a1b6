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
			if err != nil || d.IsDir() || !slices.Contains([]string{".tf", ".hcl", ".sh"}, filepath.Ext(path)) {
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

// elsewhere are blocks that no test here can plan: Terraform's own configuration file, and resources of hashicorp/aws.
var elsewhere = regexp.MustCompile(`^(provider_installation \{|resource "aws_)`)

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
		if out, err := exec.CommandContext(t.Context(), "bash", "-n", "-c", body).CombinedOutput(); err != nil {
			return "bash cannot read this: " + string(out)
		}
		for _, m := range regexp.MustCompile(`(?m)^make ([a-z-]+)`).FindAllStringSubmatch(body, -1) {
			if !makefile[m[1]] {
				return "there is no target " + m[1]
			}
		}
	case "mermaid":
		if !regexp.MustCompile(`^\s*(flowchart|sequenceDiagram|stateDiagram-v2|timeline)`).MatchString(body) {
			return "this is no diagram"
		}
	case "text", "csv", "go", "yaml", "":
	default:
		return "nothing checks a block of " + kind
	}
	return ""
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
