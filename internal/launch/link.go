package launch

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// ErrNoConsole says that the region is of a partition without a public console, so that there can be no link to it.
var ErrNoConsole = errors.New("the region has no public console")

const (
	maxParameterValue = 4096
	consolePath       = "/cloudformation/home?region="
	createRoute       = "#/stacks/create/review?"
	updateRoute       = "#/stacks/update/template?"
	parameterPrefix   = "param_"
)

var parameterNamePattern = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

// Link is what a quick-create link says: which template to launch, where, under which name. See
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html.
type Link struct {
	Region string
	// StackName is 1 to 128 letters, digits and hyphens and starts with a letter.
	StackName string
	// TemplateURL is an https URL of at most 1,024 characters.
	TemplateURL string
	// Parameters are prefilled, by the template's own names for them. The console drops in silence a name that the
	// template does not declare or declares as NoEcho.
	Parameters map[string]string
}

// URL writes the link in the documented form, every value percent-encoded and the parameters in sorted order. The
// error names the part that AWS would refuse; it is ErrNoConsole in a partition without a public console.
func (l Link) URL() (string, error) {
	if err := l.Validate(); err != nil {
		return "", err
	}
	host := partition.ForRegion(l.Region).ConsoleHost(l.Region)
	if host == "" {
		return "", fmt.Errorf("region %q: %w", l.Region, ErrNoConsole)
	}
	var b strings.Builder
	b.WriteString("https://" + host + consolePath + l.Region + createRoute)
	b.WriteString("templateURL=" + encode(l.TemplateURL) + "&stackName=" + encode(l.StackName))
	for _, name := range slices.Sorted(maps.Keys(l.Parameters)) {
		b.WriteString("&" + parameterPrefix + name + "=" + encode(l.Parameters[name]))
	}
	return b.String(), nil
}

// Validate names the part of a link that AWS would refuse, or that a command line would take for an option.
func (l Link) Validate() error {
	switch {
	case !partition.ValidRegion(l.Region):
		return fmt.Errorf("region %q does not look like an AWS region", l.Region)
	case !partition.ValidStackName(l.StackName):
		return fmt.Errorf("stack name %q must be 1 to 128 letters, digits or hyphens and start with a letter", l.StackName)
	}
	if err := validateTemplateURL(l.TemplateURL); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(l.Parameters)) {
		switch value := l.Parameters[name]; {
		case !parameterNamePattern.MatchString(name):
			return fmt.Errorf("parameter name %q must be 1 to 255 letters and digits", name)
		case !utf8.ValidString(value):
			return fmt.Errorf("the value of parameter %q is not valid UTF-8", name)
		case len(value) > maxParameterValue:
			return fmt.Errorf("the value of parameter %q is longer than %d bytes", name, maxParameterValue)
		}
	}
	return nil
}

// Parse is the inverse of Link.URL: it accepts exactly the links that URL writes and returns what they say.
func Parse(raw string) (Link, error) {
	_, rest, _ := strings.Cut(raw, consolePath)
	region, query, ok := strings.Cut(rest, createRoute)
	if !ok {
		return Link{}, errors.New("not a CloudFormation quick-create link")
	}
	l := Link{Region: region}
	for pair := range strings.SplitSeq(query, "&") {
		if err := readPair(&l, pair); err != nil {
			return Link{}, err
		}
	}
	canonical, err := l.URL()
	switch {
	case err != nil:
		return Link{}, fmt.Errorf("quick-create link: %w", err)
	case canonical != raw:
		return Link{}, errors.New("quick-create link: another console host, order or encoding than xrole writes")
	}
	return l, nil
}

func readPair(l *Link, pair string) error {
	key, encoded, _ := strings.Cut(pair, "=")
	value, err := url.PathUnescape(encoded)
	if err != nil {
		return fmt.Errorf("quick-create link: the value of %q is not percent-encoded", key)
	}
	name, isParameter := strings.CutPrefix(key, parameterPrefix)
	switch {
	case key == "templateURL":
		l.TemplateURL = value
	case key == "stackName":
		l.StackName = value
	case isParameter:
		if l.Parameters == nil {
			l.Parameters = map[string]string{}
		}
		l.Parameters[name] = value
	default:
		return fmt.Errorf("quick-create link: unknown key %q", key)
	}
	return nil
}

// encode keeps RFC 3986's unreserved characters and percent-encodes every other byte; a space becomes %20.
func encode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
