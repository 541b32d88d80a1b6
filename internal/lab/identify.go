package lab

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// protocol is the shape a service speaks, which is also the shape of its errors.
type protocol int

const (
	protocolJSON protocol = iota
	protocolQuery
	protocolREST
	protocolS3
	protocolCBOR
)

// identify tells which API operation a request is, and of whom.
func identify(r *http.Request, form url.Values) (Request, protocol) {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	req := Request{Host: host, Method: r.Method, Path: r.URL.EscapedPath()}
	req.Service, req.Region = fromScope(r)
	if req.Service == "" {
		req.Service, req.Region = fromHost(host)
	}
	target := r.Header.Get("X-Amz-Target")
	switch {
	case target != "":
		req.Operation = target[strings.LastIndexByte(target, '.')+1:]
		return req, protocolJSON
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		req.Operation = req.Path[strings.LastIndexByte(req.Path, '/')+1:]
		return req, protocolCBOR
	case form.Get("Action") != "":
		req.Operation = form.Get("Action")
		return req, protocolQuery
	case req.Service == "s3":
		req.Operation = s3Operation(r, host)
		return req, protocolS3
	case r.URL.Query().Get("Action") != "":
		req.Operation = r.URL.Query().Get("Action")
		return req, protocolQuery
	default:
		req.Operation = restOperation(req.Service, r.Method, r.URL.Path)
		return req, protocolREST
	}
}

// credential returns the parts of the signature's credential scope: key, date, region, service, terminator.
func credential(r *http.Request) []string {
	c := r.URL.Query().Get("X-Amz-Credential")
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		c, _, _ = strings.Cut(after, ",")
	}
	parts := strings.Split(c, "/")
	if len(parts) != 5 {
		return nil
	}
	return parts
}

func fromScope(r *http.Request) (service, region string) {
	if c := credential(r); c != nil {
		return c[3], c[2]
	}
	return "", ""
}

func accessKey(r *http.Request) string {
	if c := credential(r); c != nil {
		return c[0]
	}
	return ""
}

// fromHost reads service and region from a host such as "bucket.s3.eu-west-1.amazonaws.com" or "sts.amazonaws.com".
func fromHost(host string) (service, region string) {
	rest, ok := trimAWSSuffix(host)
	if !ok {
		return "", ""
	}
	labels := strings.Split(rest, ".")
	if last := labels[len(labels)-1]; partition.ValidRegion(last) {
		region, labels = last, labels[:len(labels)-1]
	}
	if len(labels) == 0 {
		return "", region
	}
	service = labels[len(labels)-1]
	switch service {
	case "ddb":
		service = "dynamodb"
	case "dualstack":
		service = "s3"
	}
	return service, region
}

// keyAlphabet is base32's, which key ids are written in.
const keyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// accountOfKey reads the account out of an access key id, where it stands behind the four letters of the kind. AWS and
// moto agree on this.
func accountOfKey(id string) string {
	if len(id) < 13 {
		return ""
	}
	var n uint64
	for _, c := range id[4:13] {
		v := strings.IndexRune(keyAlphabet, c)
		if v < 0 {
			return ""
		}
		n = n<<5 | uint64(v)
	}
	// 45 bits: a mark that is always set, forty of the account, four of chance.
	if n>>44 == 0 {
		return ""
	}
	if n = n & (1<<44 - 1) >> 4; n >= 1e12 {
		return ""
	}
	return fmt.Sprintf("%012d", n)
}
