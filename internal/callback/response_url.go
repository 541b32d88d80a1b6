package callback

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// checkResponseURL accepts the presigned URL that CloudFormation makes for a request, and nothing else: whoever may
// publish could have the receiver send requests to any place otherwise. The bucket's name is documented at
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-vpce-bucketnames.html; the object's key names the
// request. The error never holds the URL, whose query is a credential.
func checkResponseURL(raw string, r *Request) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: it does not parse", ErrResponseURL)
	case u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.Fragment != "":
		return nil, fmt.Errorf("%w: it is no plain https URL", ErrResponseURL)
	case u.Port() != "" && u.Port() != "443":
		return nil, fmt.Errorf("%w: its port is not 443", ErrResponseURL)
	case !isResponseHost(u.Hostname(), r.Region):
		return nil, fmt.Errorf("%w: its host is not the response bucket of the topic's region", ErrResponseURL)
	case u.Path != "/"+r.StackID+"|"+r.LogicalResourceID+"|"+r.RequestID:
		return nil, fmt.Errorf("%w: its path is not of this request", ErrResponseURL)
	}
	return u, nil
}

func isResponseHost(host, region string) bool {
	if !partition.ValidRegion(region) {
		return false
	}
	p := partition.ForRegion(region)
	bucket := "cloudformation-custom-resource-response-" + strings.ReplaceAll(region, "-", "")
	switch host {
	case bucket + ".s3." + region + "." + p.DNSSuffix, bucket + ".s3-" + region + "." + p.DNSSuffix:
		return true
	case bucket + ".s3.amazonaws.com":
		return p.ID == "aws" // the global form, seen in us-east-1
	default:
		return false
	}
}
