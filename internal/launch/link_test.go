package launch_test

import (
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

const (
	templateURL = "https://acme.s3.us-east-1.amazonaws.com/templates/222222222222/globex/0a1b.yaml"
	// nasty has what means something to URLs, shells, Markdown, HTML, JSON or the AWS CLI's shorthand.
	nasty = " +%&=#?/\\:;@,.~-_\"'`$(){}[]<>|*!^\t\r\nä€𝄞\u2028$HOME$(id)`id`%20%zz&amp;<b>"
)

func TestURL(t *testing.T) {
	t.Parallel()
	const tail = "#/stacks/create/review?templateURL=https%3A%2F%2Facme.s3.us-east-1.amazonaws.com%2Ftemplates%2F222222222222%2Fglobex%2F0a1b.yaml&stackName=Acme-1"
	for region, start := range map[string]string{
		"eu-west-1":      "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1",
		"us-gov-west-1":  "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudformation/home?region=us-gov-west-1",
		"cn-north-1":     "https://cn-north-1.console.amazonaws.cn/cloudformation/home?region=cn-north-1",
		"eusc-de-east-1": "https://eusc-de-east-1.console.amazonaws-eusc.eu/cloudformation/home?region=eusc-de-east-1",
	} {
		t.Run(region, func(t *testing.T) {
			t.Parallel()
			l := launch.Link{Region: region, StackName: "Acme-1", TemplateURL: templateURL}
			checkURL(t, l, start+tail)
			l.Parameters = map[string]string{"Zone": "a b", "Owner": "x+y=z&ä", "Empty": ""}
			checkURL(t, l, start+tail+"&param_Empty=&param_Owner=x%2By%3Dz%26%C3%A4&param_Zone=a%20b")
		})
	}
	for _, region := range []string{"us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-east-1"} {
		if _, err := (launch.Link{Region: region, StackName: "Acme", TemplateURL: templateURL}).URL(); !errors.Is(err, launch.ErrNoConsole) {
			t.Errorf("%s: got %v, want ErrNoConsole", region, err)
		}
	}
}

func checkURL(t *testing.T, l launch.Link, want string) {
	t.Helper()
	got, err := l.URL()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again, err := launch.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(l, again); diff != "" {
		t.Error(diff)
	}
}

func TestURL_refused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*launch.Link){
		"no region":               func(l *launch.Link) { l.Region = "" },
		"region with a host":      func(l *launch.Link) { l.Region = "evil.example/#" },
		"no stack name":           func(l *launch.Link) { l.StackName = "" },
		"stack name with digit":   func(l *launch.Link) { l.StackName = "1Acme" },
		"stack name with space":   func(l *launch.Link) { l.StackName = "Acme Access" },
		"stack name with line":    func(l *launch.Link) { l.StackName = "Acme\n" },
		"stack name too long":     func(l *launch.Link) { l.StackName = strings.Repeat("a", 129) },
		"no template":             func(l *launch.Link) { l.TemplateURL = "" },
		"template over http":      func(l *launch.Link) { l.TemplateURL = "http://acme.s3.us-east-1.amazonaws.com/x" },
		"template of a script":    func(l *launch.Link) { l.TemplateURL = "javascript:alert(1)" },
		"template with user":      func(l *launch.Link) { l.TemplateURL = "https://a@b/x" },
		"template with line":      func(l *launch.Link) { l.TemplateURL += "\n" },
		"template too long":       func(l *launch.Link) { l.TemplateURL = "https://a/" + strings.Repeat("x", 1015) },
		"parameter without name":  func(l *launch.Link) { l.Parameters = map[string]string{"": "x"} },
		"parameter name with and": func(l *launch.Link) { l.Parameters = map[string]string{"a&stackName": "x"} },
		"parameter not utf-8":     func(l *launch.Link) { l.Parameters = map[string]string{"a": "\xff"} },
		"parameter too long":      func(l *launch.Link) { l.Parameters = map[string]string{"a": strings.Repeat("x", 4097)} },
	} {
		l := launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: templateURL}
		change(&l)
		if got, err := l.URL(); err == nil {
			t.Errorf("%s: accepted as %s", name, got)
		}
	}
	l := launch.Link{
		Region: "us-east-1", StackName: "a" + strings.Repeat("B-9", 42) + "z", TemplateURL: "https://a/" + strings.Repeat("x", 1014),
		Parameters: map[string]string{strings.Repeat("p", 255): strings.Repeat("x", 4096)},
	}
	if _, err := l.URL(); err != nil {
		t.Errorf("the longest of everything: %v", err)
	}
}

func TestParse_refused(t *testing.T) {
	t.Parallel()
	good, err := launch.Link{Region: "us-east-1", StackName: "Acme", TemplateURL: templateURL, Parameters: map[string]string{"A": "x", "B": "y z"}}.URL()
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"empty":               "",
		"other page":          "https://example.com/",
		"wizard":              strings.Replace(good, "create/review", "create/template", 1),
		"other console":       strings.Replace(good, "console.aws.amazon.com", "console.example.com", 1),
		"console in the path": "https://evil.example/" + strings.TrimPrefix(good, "https://"),
		"other region's host": strings.Replace(good, "https://us-east-1", "https://us-west-2", 1),
		"plain http":          strings.Replace(good, "https://", "http://", 1),
		"upper case scheme":   strings.Replace(good, "https://", "HTTPS://", 1),
		"plus for space":      strings.Replace(good, "y%20z", "y+z", 1),
		"lower case hex":      strings.Replace(good, "%3A", "%3a", 1),
		"needless encoding":   strings.Replace(good, "Acme", "%41cme", 1),
		"broken encoding":     strings.Replace(good, "y%20z", "y%2", 1),
		"parameters unsorted": strings.Replace(good, "param_A=x&param_B=y%20z", "param_B=y%20z&param_A=x", 1),
		"parameter twice":     good + "&param_B=y%20z",
		"stack name twice":    good + "&stackName=Acme",
		"unknown key":         good + "&roleArn=x",
		"lower case url":      strings.Replace(good, "templateURL", "templateUrl", 1),
		"markup at the end":   good + "\"><script>",
		"space at the end":    good + " ",
	} {
		if got, err := launch.Parse(raw); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		}
	}
}

// TestURL_roundTrip reads links of the worst legal characters back twice: with Parse, and as any other program would,
// with a URL parser and a query parser that take a plus for a space.
func TestURL_roundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	worst := []rune(nasty)
	text := func(n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteRune(worst[r.IntN(len(worst))])
		}
		return b.String()
	}
	regions := []string{"us-east-1", "us-gov-east-1", "cn-northwest-1", "eusc-de-east-1", "ap-southeast-7"}
	buckets := []string{"acme", "a.b-c.d", "xrole-acme-111122223333-us-east-1-an", "0-0.0"}
	for range 2000 {
		region := regions[r.IntN(len(regions))]
		key := "templates/" + strings.ReplaceAll(text(40), ".", "x.")
		address, err := launch.TemplateURL(buckets[r.IntN(len(buckets))], region, key)
		if errors.Is(err, launch.ErrTemplateURLTooLong) {
			continue
		}
		if err != nil {
			t.Fatalf("key %q: %v", key, err)
		}
		want := launch.Link{Region: region, StackName: "a-Z9" + strings.Repeat("-", r.IntN(100)), TemplateURL: address}
		if n := r.IntN(6); n > 0 {
			want.Parameters = map[string]string{}
			for range n {
				want.Parameters[string(rune('A'+r.IntN(26)))+"0z"] = text(60)
			}
		}
		checkRoundTrip(t, want)
	}
}

func checkRoundTrip(t *testing.T, want launch.Link) {
	t.Helper()
	raw, err := want.URL()
	if err != nil {
		t.Fatalf("%+v: %v", want, err)
	}
	got, err := launch.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s: %s", raw, diff)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(u.EscapedFragment(), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	other := launch.Link{Region: u.Query().Get("region"), StackName: values.Get("stackName"), TemplateURL: values.Get("templateURL")}
	for key := range values {
		if name, ok := strings.CutPrefix(key, "param_"); ok {
			if other.Parameters == nil {
				other.Parameters = map[string]string{}
			}
			other.Parameters[name] = values.Get(key)
		}
	}
	if diff := cmp.Diff(want, other); diff != "" {
		t.Fatalf("%s: read by net/url: %s", raw, diff)
	}
}

func FuzzParse(f *testing.F) {
	const start = "https://us-east-1.console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/create/review?"
	f.Add(start + "templateURL=https%3A%2F%2Fa%2Fx&stackName=Acme&param_A=x%20y")
	f.Add(start + "stackName=Acme&templateURL=https%3A%2F%2Fa%2Fx")
	f.Add(start + "templateURL=%&stackName=&=&&param_=")
	f.Add("/cloudformation/home?region=#/stacks/create/review?")
	f.Fuzz(func(t *testing.T, raw string) {
		l, err := launch.Parse(raw)
		if err != nil {
			return
		}
		if again, err := l.URL(); err != nil || again != raw {
			t.Errorf("%q: written again as %q, %v", raw, again, err)
		}
	})
}

func FuzzURL(f *testing.F) {
	f.Add("us-east-1", "Acme", templateURL, "Owner", nasty)
	f.Add("cn-north-1", "A-1", "https://a/?versionId=x%20y", "p", "")
	f.Add("us-iso-east-1", "Acme", "https://[::1]/", "p", "\x00")
	f.Fuzz(func(t *testing.T, region, stackName, template, name, value string) {
		want := launch.Link{Region: region, StackName: stackName, TemplateURL: template, Parameters: map[string]string{name: value}}
		raw, err := want.URL()
		if err != nil {
			return
		}
		if strings.ContainsAny(raw, " \"'<>`\\()[]+") {
			t.Errorf("%q: a character that Markdown, HTML or a shell reads", raw)
		}
		got, err := launch.Parse(raw)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
