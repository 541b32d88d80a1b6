package callback_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

const (
	topic     = "arn:aws:sns:eu-west-1:111122223333:xrole-acme"
	stackID   = "arn:aws:cloudformation:eu-west-1:222222222222:stack/Acme/51af3dc0-da77-11e4-872e-1234567db123"
	roleARN   = "arn:aws:iam::222222222222:role/acme/Access"
	requestID = "5d478078-13e9-baf0-464a-7ef285ecc786"
	host      = "cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com"
	query     = "?X-Amz-Signature=very-secret"
)

func responseURL(host string) string {
	return "https://" + host + "/" + url.PathEscape(stackID+"|Callback|"+requestID) + query
}

// message is a good request with some fields changed; a nil value takes a field out.
func message(tb testing.TB, changes map[string]any) string {
	tb.Helper()
	fields := map[string]any{
		"RequestType": "Create", "RequestId": requestID, "ResponseURL": responseURL(host), "StackId": stackID, "LogicalResourceId": "Callback",
		"ResourceType": "Custom::XroleCallback", "Future": []any{1},
		"ResourceProperties": map[string]any{"ServiceToken": topic, "OnboardingName": "globex", "RoleArn": roleARN, "TemplateVersion": "0123456789abcdef"},
	}
	maps.Copy(fields, changes)
	maps.DeleteFunc(fields, func(_ string, v any) bool { return v == nil })
	raw, err := json.Marshal(fields)
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

func properties(changes map[string]any) map[string]any {
	p := map[string]any{"OnboardingName": "globex", "RoleArn": roleARN, "TemplateVersion": "v1"}
	maps.Copy(p, changes)
	return map[string]any{"ResourceProperties": p}
}

// The same message gets the same reason each time.
func TestParse_reason(t *testing.T) {
	t.Parallel()
	envelope := message(t, map[string]any{"RequestType": nil, "RequestId": 1, "StackId": nil, "LogicalResourceId": nil})
	inside := message(t, map[string]any{"ResourceProperties": map[string]any{"TemplateVersion": 1}})
	for range 20 {
		if _, err := callback.Parse(topic, envelope); err == nil ||
			err.Error() != "RequestType is missing\nRequestId is no string\nStackId is missing\nLogicalResourceId is missing" {
			t.Fatalf("envelope: %v", err)
		}
		if _, err := callback.Parse(topic, inside); err == nil || err.Error() != "properties: OnboardingName is missing" {
			t.Fatalf("properties: %v", err)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	r, err := callback.Parse(topic, message(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if r.Type != callback.Create || r.Properties.Role.Name != "Access" || r.Stack.AccountID != "222222222222" || r.Region != "eu-west-1" {
		t.Errorf("read as %+v", r)
	}
	for _, kind := range []string{"Update", "Delete"} {
		r, err := callback.Parse(topic, message(t, map[string]any{"RequestType": kind, "PhysicalResourceId": "xrole-1"}))
		if err != nil || r.PhysicalID() != "xrole-1" {
			t.Errorf("%s: %+v, %v", kind, r, err)
		}
	}
}

// What is no request has nobody to answer.
func TestParse_refused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for name, text := range map[string]string{
		"empty":                     "",
		"no object":                 "[]",
		"null":                      "null",
		"cut off":                   message(t, nil)[:100],
		"too long":                  message(t, map[string]any{"Future": strings.Repeat("x", 300<<10)}),
		"too deep":                  `{"x":` + deep + `}`,
		"no type":                   message(t, map[string]any{"RequestType": nil}),
		"another type":              message(t, map[string]any{"RequestType": "Read"}),
		"lower case type":           message(t, map[string]any{"RequestType": "create"}),
		"type is a list":            message(t, map[string]any{"RequestType": []string{"Create"}}),
		"no request id":             message(t, map[string]any{"RequestId": nil}),
		"request id with bar":       message(t, map[string]any{"RequestId": "a|b"}),
		"request id is a number":    message(t, map[string]any{"RequestId": 7}),
		"no stack":                  message(t, map[string]any{"StackId": nil}),
		"stack of another engine":   message(t, map[string]any{"StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/x"}),
		"logical id with slash":     message(t, map[string]any{"LogicalResourceId": "a/b"}),
		"logical id is an object":   message(t, map[string]any{"LogicalResourceId": map[string]any{}}),
		"update without id":         message(t, map[string]any{"RequestType": "Update"}),
		"delete with an empty id":   message(t, map[string]any{"RequestType": "Delete", "PhysicalResourceId": ""}),
		"delete with an endless id": message(t, map[string]any{"RequestType": "Delete", "PhysicalResourceId": strings.Repeat("x", 2000)}),
		"delete with a control id":  message(t, map[string]any{"RequestType": "Delete", "PhysicalResourceId": "x\x00"}),
		"fields in another case":    strings.ReplaceAll(message(t, nil), `"StackId"`, `"stackid"`),
	} {
		if r, err := callback.Parse(topic, text); r != nil || err == nil {
			t.Errorf("%s: read as %+v, %v", name, r, err)
		}
	}
	if r, err := callback.Parse("xrole-acme", message(t, nil)); r != nil || err == nil {
		t.Errorf("a topic that is no ARN: %+v, %v", r, err)
	}
}

// Two fields of one name, or of a name in another case, must not be checked in one form and used in the other.
func TestParse_twice(t *testing.T) {
	t.Parallel()
	evil := responseURL("attacker.example")
	victim := strings.Replace(stackID, "222222222222", "333333333333", 1)
	twice := func(first string, rest string) string { return "{" + first + "," + strings.TrimPrefix(rest, "{") }
	good := message(t, nil)
	for name, text := range map[string]string{
		"bad URL last":   strings.TrimSuffix(good, "}") + `,"ResponseURL":"` + evil + `"}`,
		"bad stack last": strings.TrimSuffix(good, "}") + `,"StackId":"` + victim + `"}`,
	} {
		if r, err := callback.Parse(topic, text); r != nil || !errors.Is(err, callback.ErrResponseURL) {
			t.Errorf("%s: read as %+v, %v", name, r, err)
		}
	}
	for name, text := range map[string]string{
		"bad URL first":                 twice(`"ResponseURL":"`+evil+`"`, good),
		"bad URL last, in another case": strings.TrimSuffix(good, "}") + `,"responseurl":"` + evil + `"}`,
		"other role in another case":    strings.Replace(good, `"RoleArn"`, `"rolearn":"arn:aws:iam::333333333333:role/x","RoleArn"`, 1),
	} {
		r, err := callback.Parse(topic, text)
		if err != nil || r.Properties.RoleARN != roleARN || r.StackID != stackID {
			t.Errorf("%s: read as %+v, %v", name, r, err)
		}
	}
}

// What is a request, but not of a template of ours, is answered.
func TestParse_properties(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]map[string]any{
		"none":                 {"ResourceProperties": nil},
		"null":                 {"ResourceProperties": json.RawMessage("null")},
		"a list":               {"ResourceProperties": []any{}},
		"no role":              properties(map[string]any{"RoleArn": nil}),
		"role is a user":       properties(map[string]any{"RoleArn": "arn:aws:iam::222222222222:user/x"}),
		"role is a list":       properties(map[string]any{"RoleArn": []string{roleARN}}),
		"no name":              properties(map[string]any{"OnboardingName": ""}),
		"name with a key":      properties(map[string]any{"OnboardingName": "x#y"}),
		"name is a number":     properties(map[string]any{"OnboardingName": 1}),
		"endless name":         properties(map[string]any{"OnboardingName": strings.Repeat("x", 65)}),
		"endless version":      properties(map[string]any{"TemplateVersion": strings.Repeat("x", 65)}),
		"version with spaces":  properties(map[string]any{"TemplateVersion": "a b"}),
		"version is an object": properties(map[string]any{"TemplateVersion": map[string]any{}}),
	} {
		r, err := callback.Parse(topic, message(t, changes))
		var wrong *callback.PropertiesError
		if r == nil || !errors.As(err, &wrong) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	elsewhere := strings.Replace(stackID, "eu-west-1", "us-east-1", 1)
	r, err := callback.Parse(topic, message(t, map[string]any{
		"StackId": elsewhere, "ResponseURL": "https://" + host + "/" + url.PathEscape(elsewhere+"|Callback|"+requestID) + query,
	}))
	var wrong *callback.PropertiesError
	if r == nil || !errors.As(err, &wrong) {
		t.Errorf("a stack of another region than the topic: %+v, %v", r, err)
	}
}

func TestParse_responseURL(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		responseURL(host), responseURL("cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com"),
		responseURL("cloudformation-custom-resource-response-euwest1.s3.amazonaws.com"), responseURL(host + ":443"),
	} {
		if _, err := callback.Parse(topic, message(t, map[string]any{"ResponseURL": good})); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for name, bad := range map[string]string{
		"attacker":           responseURL("attacker.example"),
		"metadata":           responseURL("169.254.169.254"),
		"bucket of attacker": responseURL("attacker.s3.eu-west-1.amazonaws.com"),
		"look-alike suffix":  responseURL(host + ".attacker.example"),
		"look-alike prefix":  responseURL("x" + host),
		"another region":     responseURL("cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com"),
		"another partition":  responseURL(host + ".cn"),
		"another suffix":     responseURL("cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.eu"),
		"upper case":         responseURL(strings.ToUpper(host)),
		"trailing dot":       responseURL(host + "."),
		"bucket in the path": strings.Replace(responseURL(host), host, "s3.eu-west-1.amazonaws.com/cloudformation-custom-resource-response-euwest1", 1),
		"dash for a dot":     responseURL("cloudformation-custom-resource-response-euwest1-s3.eu-west-1.amazonaws.com"),
		"accelerated":        responseURL("cloudformation-custom-resource-response-euwest1.s3-accelerate.amazonaws.com"),
		"region with dashes": responseURL("cloudformation-custom-resource-response-eu-west-1.s3.eu-west-1.amazonaws.com"),
		"file":               strings.Replace(responseURL(host), "https", "file", 1),
		"host with a slash":  strings.Replace(responseURL(host), "https://", "https://attacker.example%2F", 1),
		"host with a null":   strings.Replace(responseURL(host), ".com/", ".com%00/", 1),
		"other resource":     strings.Replace(responseURL(host), "Callback", "Other", 1),
		"other stack":        strings.Replace(responseURL(host), "222222222222", "333333333333", 1),
		"no path":            "https://" + host + query,
		"line break":         responseURL(host) + "\r\nHost: attacker.example",
		"another port":       responseURL(host + ":8443"),
		"user":               strings.Replace(responseURL(host), "https://", "https://"+host+"@attacker.example/", 1),
		"user before host":   strings.Replace(responseURL(host), "https://", "https://x@", 1),
		"http":               strings.Replace(responseURL(host), "https", "http", 1),
		"fragment":           responseURL(host) + "#x",
		"relative":           "/" + host,
		"opaque":             "https:" + host,
		"not a URL":          "://",
		"path of another":    strings.Replace(responseURL(host), requestID, "another", 1),
		"path of its parent": "https://" + host + "/x/../" + url.PathEscape(stackID+"|Callback|"+requestID),
		"path with more":     strings.Replace(responseURL(host), query, "/x"+query, 1),
		"path encoded twice": strings.Replace(responseURL(host), "%7C", "%257C", 1),
		"backslash":          strings.Replace(responseURL(host), "https://", `https://attacker.example\`, 1),
		"empty":              "",
	} {
		r, err := callback.Parse(topic, message(t, map[string]any{"ResponseURL": bad}))
		if r != nil || (bad != "" && !errors.Is(err, callback.ErrResponseURL)) {
			t.Errorf("%s: %s was accepted (%v)", name, bad, err)
		}
		if err != nil && strings.Contains(err.Error(), "very-secret") {
			t.Errorf("%s: the error holds the query: %v", name, err)
		}
	}
	if r, _ := callback.Parse(topic, message(t, map[string]any{"ResponseURL": 7})); r != nil {
		t.Error("a number was taken for a URL")
	}
}

func TestParse_responseURLOfPartitions(t *testing.T) {
	t.Parallel()
	for region, host := range map[string]string{
		"us-east-1":      "cloudformation-custom-resource-response-useast1.s3.amazonaws.com",
		"cn-north-1":     "cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn",
		"us-gov-west-1":  "cloudformation-custom-resource-response-usgovwest1.s3.us-gov-west-1.amazonaws.com",
		"us-iso-east-1":  "cloudformation-custom-resource-response-usisoeast1.s3.us-iso-east-1.c2s.ic.gov",
		"us-isob-east-1": "cloudformation-custom-resource-response-usisobeast1.s3.us-isob-east-1.sc2s.sgov.gov",
		"eusc-de-east-1": "cloudformation-custom-resource-response-euscdeeast1.s3.eusc-de-east-1.amazonaws.eu",
	} {
		partitionID := partition.ForRegion(region).ID
		move := strings.NewReplacer("arn:aws:", "arn:"+partitionID+":", "eu-west-1", region)
		changes := map[string]any{
			"StackId": move.Replace(stackID), "ResponseURL": "https://" + host + "/" + url.PathEscape(move.Replace(stackID)+"|Callback|"+requestID) + query,
		}
		if _, err := callback.Parse(move.Replace(topic), message(t, changes)); err != nil {
			t.Errorf("%s: %v", region, err)
		}
		if r, err := callback.Parse(topic, message(t, changes)); r != nil || !errors.Is(err, callback.ErrResponseURL) {
			t.Errorf("%s, through the topic of another region: %+v, %v", region, r, err)
		}
	}
}

// Another physical id would make CloudFormation delete what it believes was replaced.
func TestRequest_physicalID(t *testing.T) {
	t.Parallel()
	parse := func(changes map[string]any) *callback.Request {
		r, err := callback.Parse(topic, message(t, changes))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first, again := parse(nil).PhysicalID(), parse(nil).PhysicalID()
	other := parse(properties(map[string]any{"OnboardingName": "initech"})).PhysicalID()
	if first != again || first == other || !strings.HasPrefix(first, "xrole-") {
		t.Errorf("physical ids: %q, %q, %q", first, again, other)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(topic, message(f, nil))
	f.Add(topic, message(f, map[string]any{"RequestType": "Delete", "PhysicalResourceId": "x"}))
	f.Add(topic, message(f, map[string]any{"RequestType": "Update", "PhysicalResourceId": strings.Repeat("<\"\u2028", 200)}))
	f.Add(topic, `{"StackId":"\ud800"}`)
	f.Add("arn:aws:sns:::", "{}")
	f.Fuzz(func(t *testing.T, topic, text string) {
		r, err := callback.Parse(topic, text)
		if r == nil && err == nil {
			t.Error("neither a request nor an error")
		}
		if r != nil && err == nil && (r.Properties.Role.AccountID == "" || r.PhysicalID() == "") {
			t.Errorf("a request without a role or a physical id: %+v", r)
		}
		if r == nil {
			return
		}
		if _, err := callback.Body(r, callback.Response{Status: callback.Failed, Reason: "x", PhysicalResourceID: r.PhysicalID()}); err != nil {
			t.Errorf("a request that cannot be answered: %v", err)
		}
	})
}

func FuzzResponseURL(f *testing.F) {
	f.Add(responseURL(host))
	f.Add(responseURL("attacker.example"))
	f.Add("https://" + host + "@attacker.example/")
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := callback.Parse(topic, message(t, map[string]any{"ResponseURL": raw}))
		if err != nil || r == nil {
			return
		}
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "https" || u.User != nil || !strings.HasPrefix(u.Hostname(), "cloudformation-custom-resource-response-euwest1.s3") || !strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
			t.Errorf("accepted: %q", raw)
		}
	})
}
