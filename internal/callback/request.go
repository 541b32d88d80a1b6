package callback

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Type is what a stack wants.
type Type string

// The request types.
const (
	Create Type = "Create"
	Update Type = "Update"
	Delete Type = "Delete"
)

// Request is a custom-resource request whose form is right and whose answer has somewhere safe to go. None of its
// content is proven: whoever may publish to the topic writes every byte of it.
type Request struct {
	Type      Type
	RequestID string
	StackID   string
	// Stack is StackID taken apart.
	Stack             partition.StackID
	LogicalResourceID string
	// PhysicalResourceID is what an Update or Delete carries; empty on Create.
	PhysicalResourceID string
	// Region is the topic's.
	Region string
	// SentAt is when SNS took the message, which its sender cannot choose. Parse leaves it to the caller.
	SentAt     time.Time
	Properties Properties

	responseURL *url.URL
}

// Properties are what the template gives to the custom resource.
type Properties struct {
	OnboardingName  string
	RoleARN         string
	TemplateVersion string
	// Role is RoleARN taken apart.
	Role partition.RoleARN
}

// ErrResponseURL says that a request wants its answer somewhere else than CloudFormation's own bucket.
var ErrResponseURL = errors.New("the response URL is not CloudFormation's for this request")

// PropertiesError says that a request can be answered, but that its properties are not those of a template of ours.
type PropertiesError struct{ Reason string }

// Error says what is wrong with the properties.
func (e *PropertiesError) Error() string { return "properties: " + e.Reason }

const (
	// maxMessage is what SNS carries at most, see
	// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
	maxMessage = 256 << 10
	maxDepth   = 16
	// maxPhysical is in bytes. Each of them may become two in JSON, which always fits an answer; a control character
	// would become six.
	maxPhysical = 1024
)

var (
	requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,128}$`)
	logicalIDPattern = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)
	// namePattern is registry.ValidName's, which comes with a database.
	namePattern    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	versionPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

// Parse reads the message of a delivery that came through a topic. Without a request there is nobody to answer: the
// message is no request, or its answer would go to a stranger (ErrResponseURL). With a request and a *PropertiesError
// the stack waits for an answer, but what it says is of no use.
func Parse(topicARN, message string) (*Request, error) {
	if len(message) > maxMessage {
		return nil, fmt.Errorf("message of %d bytes is too long", len(message))
	}
	if err := checkDepth(message); err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage // exact names: Go's struct tags would match any case
	if err := json.Unmarshal([]byte(message), &fields); err != nil {
		return nil, errors.New("message is no JSON object")
	}
	r, err := envelope(fields)
	if err != nil {
		return nil, err
	}
	topic := strings.Split(topicARN, ":")
	if len(topic) != 6 {
		return nil, errors.New("topic ARN is malformed")
	}
	r.Region = topic[3]
	raw, err := text(fields, "ResponseURL")
	if err != nil {
		return nil, err
	}
	if r.responseURL, err = checkResponseURL(raw, r); err != nil {
		return nil, err
	}
	if r.Stack.Region != r.Region || r.Stack.Partition != topic[1] {
		return r, &PropertiesError{Reason: "the stack is not of the topic's region"}
	}
	return r, r.readProperties(fields["ResourceProperties"])
}

// field is one of a request's, and where it goes.
type field struct {
	name string
	into *string
}

func envelope(fields map[string]json.RawMessage) (*Request, error) {
	var r Request
	var kind string
	var errs []error
	for _, f := range []field{
		{"RequestType", &kind}, {"RequestId", &r.RequestID}, {"StackId", &r.StackID}, {"LogicalResourceId", &r.LogicalResourceID},
	} {
		value, err := text(fields, f.name)
		errs = append(errs, err)
		*f.into = value
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	r.Type = Type(kind)
	stack, err := partition.ParseStackID(r.StackID)
	switch {
	case err != nil:
		return nil, err
	case r.Type != Create && r.Type != Update && r.Type != Delete:
		return nil, errors.New("RequestType is none of Create, Update and Delete")
	case !requestIDPattern.MatchString(r.RequestID):
		return nil, errors.New("RequestId is malformed")
	case !logicalIDPattern.MatchString(r.LogicalResourceID):
		return nil, errors.New("LogicalResourceId is malformed")
	}
	r.Stack = stack
	if r.Type == Create {
		return &r, nil
	}
	r.PhysicalResourceID, err = text(fields, "PhysicalResourceId")
	if err != nil || r.PhysicalResourceID == "" || len(r.PhysicalResourceID) > maxPhysical || strings.ContainsFunc(r.PhysicalResourceID, unicode.IsControl) {
		return nil, errors.New("PhysicalResourceId is missing or malformed")
	}
	return &r, nil
}

func (r *Request) readProperties(raw json.RawMessage) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return &PropertiesError{Reason: "ResourceProperties is no object"}
	}
	p := &r.Properties
	for _, f := range []field{{"OnboardingName", &p.OnboardingName}, {"RoleArn", &p.RoleARN}, {"TemplateVersion", &p.TemplateVersion}} {
		value, err := text(fields, f.name)
		if err != nil {
			return &PropertiesError{Reason: err.Error()}
		}
		*f.into = value
	}
	role, err := partition.ParseRoleARN(p.RoleARN)
	switch {
	case err != nil:
		return &PropertiesError{Reason: err.Error()}
	case !namePattern.MatchString(p.OnboardingName):
		return &PropertiesError{Reason: "OnboardingName is malformed"}
	case !versionPattern.MatchString(p.TemplateVersion):
		return &PropertiesError{Reason: "TemplateVersion is malformed"}
	}
	p.Role = role
	return nil
}

// text reads a field that must be a string.
func text(fields map[string]json.RawMessage, name string) (string, error) {
	var value any
	if raw, ok := fields[name]; !ok || json.Unmarshal(raw, &value) != nil {
		return "", errors.New(name + " is missing")
	}
	s, ok := value.(string)
	if !ok {
		return "", errors.New(name + " is no string")
	}
	return s, nil
}

// checkDepth refuses nesting that no template of ours makes, before anything recurses into it.
func checkDepth(message string) error {
	depth, quoted, escaped := 0, false, false
	for i := range len(message) {
		c := message[i]
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errors.New("message is nested too deep")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
