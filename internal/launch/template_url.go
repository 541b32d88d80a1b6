package launch

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// MaxTemplateURL is the longest template URL, in characters, that the CloudFormation console takes. See
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-template.html.
const MaxTemplateURL = 1024

// ErrTemplateURLTooLong says that a template URL has more than MaxTemplateURL characters.
var ErrTemplateURLTooLong = errors.New("the template URL is longer than 1,024 characters")

var (
	bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	virtualHosted = regexp.MustCompile(`^([a-z0-9-]+)\.s3\.([a-z0-9-]+)\.(.+)$`)
	pathStyle     = regexp.MustCompile(`^s3\.([a-z0-9-]+)\.(.+)$`)
)

// TemplateURL is where CloudFormation finds an object of S3, named by the bucket's own region, since a stack of another
// region reads it there. A bucket whose name has a dot does not match S3's certificate and is put in the path instead.
// The error is ErrTemplateURLTooLong beyond 1,024 characters.
func TemplateURL(bucket, region, key string) (string, error) {
	switch {
	case !bucketPattern.MatchString(bucket):
		return "", fmt.Errorf("bucket name %q must be 3 to 63 lower case letters, digits, dots or hyphens", bucket)
	case !partition.ValidRegion(region):
		return "", fmt.Errorf("region %q does not look like an AWS region", region)
	case key == "":
		return "", errors.New("the template's key is empty")
	}
	segments := strings.Split(key, "/")
	for i, s := range segments {
		// A browser or HTTP client would resolve these and ask for another object.
		if s == "." || s == ".." {
			return "", fmt.Errorf("the template's key %q has a segment %q, which URLs cannot hold", key, s)
		}
		segments[i] = encode(s)
	}
	host := "s3." + region + "." + partition.ForRegion(region).DNSSuffix
	out := "https://" + bucket + "." + host + "/" + strings.Join(segments, "/")
	if strings.Contains(bucket, ".") {
		out = "https://" + host + "/" + bucket + "/" + strings.Join(segments, "/")
	}
	if len(out) > MaxTemplateURL {
		return "", fmt.Errorf("%w: it has %d", ErrTemplateURLTooLong, len(out))
	}
	return out, nil
}

func validateTemplateURL(s string) error {
	if len(s) > MaxTemplateURL {
		return fmt.Errorf("%w: it has %d", ErrTemplateURLTooLong, len(s))
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("template URL %q is not a plain https URL", s)
	}
	return nil
}

// object is a template's place in S3.
type object struct{ bucket, region, key string }

// objectOf is the inverse of TemplateURL, and false for any other URL.
func objectOf(templateURL string) (object, bool) {
	u, err := url.Parse(templateURL)
	if err != nil {
		return object{}, false
	}
	var o object
	path := strings.TrimPrefix(u.Path, "/")
	if m := virtualHosted.FindStringSubmatch(u.Host); m != nil {
		o = object{bucket: m[1], region: m[2], key: path}
	} else if m := pathStyle.FindStringSubmatch(u.Host); m != nil {
		bucket, key, _ := strings.Cut(path, "/")
		o = object{bucket: bucket, region: m[1], key: key}
	}
	again, err := TemplateURL(o.bucket, o.region, o.key)
	return o, err == nil && again == templateURL
}
