package launch_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

func TestTemplateURL(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ bucket, region, key, want string }{
		"usual":      {"acme", "us-east-1", "templates/222222222222/globex/0a.yaml", "https://acme.s3.us-east-1.amazonaws.com/templates/222222222222/globex/0a.yaml"},
		"govcloud":   {"acme", "us-gov-west-1", "k", "https://acme.s3.us-gov-west-1.amazonaws.com/k"},
		"china":      {"acme", "cn-north-1", "k", "https://acme.s3.cn-north-1.amazonaws.com.cn/k"},
		"sovereign":  {"acme", "eusc-de-east-1", "k", "https://acme.s3.eusc-de-east-1.amazonaws.eu/k"},
		"isolated":   {"acme", "us-iso-east-1", "k", "https://acme.s3.us-iso-east-1.c2s.ic.gov/k"},
		"dots":       {"acme.example.com", "eu-west-1", "a/b", "https://s3.eu-west-1.amazonaws.com/acme.example.com/a/b"},
		"characters": {"acme", "us-east-1", "a b/c+d%/ä?#&=/x.y_z~-", "https://acme.s3.us-east-1.amazonaws.com/a%20b/c%2Bd%25/%C3%A4%3F%23%26%3D/x.y_z~-"},
	} {
		got, err := launch.TemplateURL(row.bucket, row.region, row.key)
		if err != nil || got != row.want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, row.want)
			continue
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.HasSuffix(u.Path, "/"+row.key) {
			t.Errorf("%s: a URL parser reads the path %q", name, u.Path)
		}
	}
	for name, row := range map[string][3]string{
		"no bucket":         {"", "us-east-1", "k"},
		"bucket with slash": {"acme/x", "us-east-1", "k"},
		"bucket with host":  {"acme.evil.example/#", "us-east-1", "k"},
		"upper case bucket": {"Acme", "us-east-1", "k"},
		"no region":         {"acme", "", "k"},
		"no key":            {"acme", "us-east-1", ""},
		"key going up":      {"acme", "us-east-1", "templates/../secret"},
		"key with a dot":    {"acme", "us-east-1", "./k"},
	} {
		if got, err := launch.TemplateURL(row[0], row[1], row[2]); err == nil {
			t.Errorf("%s: accepted as %s", name, got)
		}
	}
}

func TestTemplateURL_length(t *testing.T) {
	t.Parallel()
	const start = "https://acme.s3.us-east-1.amazonaws.com/"
	longest := strings.Repeat("k", launch.MaxTemplateURL-len(start))
	if _, err := launch.TemplateURL("acme", "us-east-1", longest); err != nil {
		t.Errorf("%d characters: %v", launch.MaxTemplateURL, err)
	}
	for name, key := range map[string]string{"one more": longest + "k", "encoded": strings.Repeat("ä", 200)} {
		if _, err := launch.TemplateURL("acme", "us-east-1", key); !errors.Is(err, launch.ErrTemplateURLTooLong) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
