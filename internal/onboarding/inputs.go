package onboarding

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Hub is what an onboarding must know of the partner's side.
type Hub struct {
	AccountID            string   `json:"account_id"`
	Partition            string   `json:"partition"`
	Region               string   `json:"region"`
	Regions              []string `json:"regions"`
	Bucket               string   `json:"bucket"`
	Table                string   `json:"table"`
	TopicName            string   `json:"topic_name"`
	TrustedPrincipalARNs []string `json:"trusted_principal_arns"`
	ReceiverRoleARN      string   `json:"receiver_role_arn"`
	ReceiverFunctionARN  string   `json:"receiver_function_arn"`
}

// TableARN returns the registry table's ARN. Requests name the table by it, so that credentials of another account
// fail instead of finding a table of the same name there.
func (h Hub) TableARN() string {
	return partition.ARN(h.Partition, "dynamodb", h.Region, h.AccountID, "table/"+h.Table)
}

// TopicARN returns the ARN of the callback topic in a launch region.
func (h Hub) TopicARN(region string) string {
	return partition.ARN(h.Partition, "sns", region, h.AccountID, h.TopicName)
}

// trustedPrincipals are the patterns that a customer's role lets in: the partner's own, and the receiver, which has to
// prove the role.
func (h Hub) trustedPrincipals() []string {
	all := append(slices.Clone(h.TrustedPrincipalARNs), h.ReceiverRoleARN)
	slices.Sort(all)
	return slices.Compact(all)
}

// Inputs are all that the partner says about one customer. What is in Offered is what the customer is offered: two
// onboardings with equal Offered are the same invitation.
type Inputs struct {
	Offered
	// The rest steers xrole and changes nothing that the customer sees.
	GivenExternalID       string            `json:"-"`
	ExistingRoleARN       string            `json:"existing_role_arn,omitempty"`
	Rotation              string            `json:"rotation,omitempty"`
	RotationFinish        *bool             `json:"rotation_finish,omitempty"`
	TemplateRetentionDays int               `json:"template_retention_days"`
	ForceDestroy          *bool             `json:"force_destroy,omitempty"`
	Adopt                 *bool             `json:"adopt,omitempty"`
	Tags                  map[string]string `json:"tags,omitempty"`
	TagsAll               map[string]string `json:"tags_all,omitempty"`
}

// Offered is the part of the inputs that shapes the template and the link.
type Offered struct {
	Name                  string            `json:"name"`
	Hub                   Hub               `json:"hub"`
	AccountID             string            `json:"account_id,omitempty"`
	Region                string            `json:"region"`
	Role                  *cfn.Role         `json:"role,omitempty"`
	TemplateBody          string            `json:"-"`
	TemplateMode          cfn.Mode          `json:"template_mode"`
	BuiltinVersion        int               `json:"builtin_template_version,omitempty"`
	Parameters            map[string]string `json:"parameters,omitempty"`
	StackName             string            `json:"stack_name"`
	ServiceTimeoutSeconds int               `json:"service_timeout_seconds"`
}

// source returns the template before customisation.
func (o Offered) source() (string, error) {
	if o.TemplateBody != "" {
		return o.TemplateBody, nil
	}
	role := cfn.Role{}
	if o.Role != nil {
		role = *o.Role
	}
	return cfn.Builtin(o.BuiltinVersion, role, o.Hub.TopicARN(o.Region))
}

func (o Offered) values(externalIDs []string) cfn.Values {
	return cfn.Values{
		ExternalIDs:           externalIDs,
		PartnerAccountID:      o.Hub.AccountID,
		Partition:             o.Hub.Partition,
		TrustedPrincipalARNs:  o.Hub.trustedPrincipals(),
		TopicARN:              o.Hub.TopicARN(o.Region),
		OnboardingName:        o.Name,
		AccountID:             o.AccountID,
		Region:                o.Region,
		ServiceTimeoutSeconds: o.ServiceTimeoutSeconds,
	}
}

// keyPrefix is where the templates of this onboarding are in the hub's bucket. The bucket policy lets an account read
// below its own number only.
func (o Offered) keyPrefix() string {
	account := o.AccountID
	if account == "" {
		account = anyAccount
	}
	return "templates/" + account + "/" + o.Name + "/"
}

// anyAccount stands in the keys of an onboarding that is open to any account.
const anyAccount = "any"

// AccountOf is the account that a template is for by its key, empty if it is open to any; ok is false for what is no
// template's key.
func AccountOf(key string) (account string, ok bool) {
	part := strings.Split(key, "/")
	if len(part) != 4 {
		return "", false
	}
	return strings.TrimPrefix(part[1], anyAccount), true
}

func (in Inputs) marshal() (json.RawMessage, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("encoding the inputs of onboarding %q: %w", in.Name, err)
	}
	return raw, nil
}

// UnmarshalInputs reads back what an offer keeps, for import.
func UnmarshalInputs(raw json.RawMessage, templateBody string) (Inputs, error) {
	var in Inputs
	if err := json.Unmarshal(raw, &in); err != nil {
		return Inputs{}, fmt.Errorf("decoding the inputs that the registry keeps: %w", err)
	}
	in.TemplateBody = templateBody
	return in, nil
}

// DefaultStackName is the stack's name where the partner names none: the role's name, as far as a stack's name may
// hold it, or the onboarding's.
func DefaultStackName(name, roleName string) string {
	base := roleName
	if base == "" {
		base = "xrole-" + name
	}
	out := make([]byte, 0, len(base))
	for i := range len(base) {
		c := base[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') {
			c = '-'
		}
		out = append(out, c)
	}
	if first := out[0]; first == '-' || first >= '0' && first <= '9' {
		return "x" + string(out)
	}
	return string(out)
}

// DefaultRegion is where a customer launches if the partner names no region: the hub's home, or else the first of its
// launch regions.
func DefaultRegion(h Hub) string {
	if slices.Contains(h.Regions, h.Region) || len(h.Regions) == 0 {
		return h.Region
	}
	return slices.Min(h.Regions)
}

// SameAccount reports whether a role's ARN is of that account.
func SameAccount(roleARN, accountID string) bool {
	role, err := partition.ParseRoleARN(roleARN)
	return err == nil && role.AccountID == accountID
}
