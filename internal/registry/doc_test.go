package registry_test

import (
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

var (
	inParentheses = regexp.MustCompile(`\([^)]*\)`)
	listOfMaps    = regexp.MustCompile(`(\w+) \(L of M: ([^)]*)\)`)
	attributeName = regexp.MustCompile(`\w+`)
)

// The package's comment is the reference of the format: it has every attribute that is written, and no other.
func TestDoc_attributes(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	kind := ""
	for line := range strings.Lines(file.Doc.Text()) {
		if !strings.HasPrefix(line, "\t") {
			continue
		}
		if first, rest, _ := strings.Cut(line[1:], " "); first != "" {
			kind, line = first, rest
		}
		sections[kind] += " " + strings.TrimSpace(line)
	}
	for kind, stored := range registry.StoredTypes() {
		documented := map[string][]string{"": names(inParentheses.ReplaceAllString(sections[kind], ""))}
		for _, list := range listOfMaps.FindAllStringSubmatch(sections[kind], -1) {
			documented[list[1]] = names(list[2])
		}
		written := map[string][]string{}
		attributes(reflect.TypeOf(stored), "", written)
		if diff := cmp.Diff(written, documented); diff != "" {
			t.Errorf("%s: written (-), documented (+):\n%s", kind, diff)
		}
	}
}

func names(text string) []string {
	all := attributeName.FindAllString(text, -1)
	slices.Sort(all)
	return all
}

// attributes adds the names of a type's attributes below the one that holds them, without the key and the format's number.
func attributes(of reflect.Type, at string, into map[string][]string) {
	all := map[string]bool{}
	for _, field := range reflect.VisibleFields(of) {
		name, _, _ := strings.Cut(field.Tag.Get("dynamodbav"), ",")
		if name == "" || name == "-" || name == "pk" || name == "schema" {
			continue
		}
		all[name] = true
		if field.Type.Kind() == reflect.Slice && field.Type.Elem().Kind() == reflect.Struct {
			attributes(field.Type.Elem(), name, into)
		}
	}
	into[at] = slices.Sorted(maps.Keys(all))
}
