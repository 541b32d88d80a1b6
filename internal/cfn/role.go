package cfn

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Role are the settings of the role that the built-in template makes. An empty setting is left to IAM's default.
type Role struct {
	Name                   string            `json:"name,omitempty"`
	Path                   string            `json:"path,omitempty"`
	Description            string            `json:"description,omitempty"`
	MaxSessionDuration     int               `json:"max_session_duration,omitempty"`
	PermissionsBoundaryARN string            `json:"permissions_boundary_arn,omitempty"`
	ManagedPolicyARNs      []string          `json:"managed_policy_arns,omitempty"`
	InlinePolicies         map[string]string `json:"inline_policies,omitempty"`
	// Tags are all that the role gets, default tags included.
	Tags                map[string]string `json:"tags,omitempty"`
	AllowSessionTags    bool              `json:"allow_session_tags,omitempty"`
	AllowSourceIdentity bool              `json:"allow_source_identity,omitempty"`
}

// RoleFinding is one thing that is wrong, or worth a second look, in a role's settings.
type RoleFinding struct {
	// Attribute is the setting by its name in Terraform, such as "managed_policy_arns".
	Attribute string
	// Key is the map's key or the value in a set; empty for the setting as a whole.
	Key     string
	Message string
	// Warning is true if the role can be made all the same.
	Warning bool
}

// Limits of IAM's API model and of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const (
	maxRoleName        = 64
	maxRoleDescription = 1000
	minSession         = 3600
	maxSession         = 43200
	maxTags            = 50
	maxTagKey          = 128
	maxTagValue        = 256
	maxPolicyName      = 128
	// maxSwitchRole is for path and name together; only the console's Switch Role needs it.
	maxSwitchRole = 64
)

var (
	iamNamePattern     = regexp.MustCompile(`^[\w+=,.@-]+$`)
	descriptionPattern = regexp.MustCompile(`^[\t\n\r -~¡-ÿ]*$`)
	policyARNPattern   = regexp.MustCompile(`^arn:(aws(?:-[a-z]{1,8}){0,3}):iam::([0-9]{12}|aws):policy(/[!-~]+)*/[\w+=,.@-]+$`)
)

// CheckRole reports all that IAM would refuse of a role's settings, on the setting, and what gives away more than
// people expect. The account is the one that the role will be in; empty if it is not known. It is quick and pure; whether a
// policy of the customer's own exists is known to the customer alone.
func CheckRole(r Role, accountID string) []RoleFinding {
	c := &roleCheck{account: accountID}
	if r.Name != "" {
		c.fault("name", "", roleNameFault(r.Name))
	}
	if r.Path != "" {
		c.fault("path", "", rolePathFault(r.Path))
	}
	c.fault("description", "", descriptionFault(r.Description))
	if d := r.MaxSessionDuration; d != 0 && (d < minSession || d > maxSession) {
		c.fault("max_session_duration", "", fmt.Sprintf("A session lasts %d to %d seconds at most: 1 to 12 hours.", minSession, maxSession))
	}
	if n := len(r.Path) + len(r.Name); r.Name != "" && n > maxSwitchRole && len(r.Name) <= maxRoleName {
		c.warn("name", "", fmt.Sprintf("Path and name have %d characters together. With more than %d the console's Switch Role cannot use the role; everything else can.", n, maxSwitchRole))
	}
	if arn := r.PermissionsBoundaryARN; arn != "" {
		c.policyARN("permissions_boundary_arn", "", arn)
	}
	c.managed(r)
	c.inline(r)
	c.tags(r.Tags)
	return c.list
}

type roleCheck struct {
	account string
	list    []RoleFinding
}

func (c *roleCheck) fault(attribute, key, message string) {
	if message != "" {
		c.list = append(c.list, RoleFinding{Attribute: attribute, Key: key, Message: message})
	}
}

func (c *roleCheck) warn(attribute, key, message string) {
	c.list = append(c.list, RoleFinding{Attribute: attribute, Key: key, Message: message, Warning: true})
}

func roleNameFault(name string) string { return iamNameFault("A role", name, maxRoleName) }

// iamNameFault says what is wrong with the name of a thing of IAM's: its length, the characters that may not be in it, or both.
func iamNameFault(of, name string, longest int) string {
	rule, length := fmt.Sprintf("%s's name has 1 to %d letters, digits or any of _+=,.@-", of, longest), utf8.RuneCountInString(name)
	var faults []string
	if length < 1 || length > longest {
		faults = append(faults, fmt.Sprintf("has %d characters", length))
	}
	var bad []string
	for _, r := range name {
		if quoted := strconv.Quote(string(r)); !iamNamePattern.MatchString(string(r)) && !slices.Contains(bad, quoted) {
			bad = append(bad, quoted)
		}
	}
	if len(bad) > 0 {
		faults = append(faults, "holds "+strings.Join(bad, ", "))
	}
	if len(faults) == 0 {
		return ""
	}
	return rule + "; this one " + strings.Join(faults, " and ") + "."
}

const dynamicFault = "CloudFormation would replace {{resolve:…}} with a value of the customer's account. Write it out."

func rolePathFault(path string) string {
	if dynamic(path) {
		return dynamicFault
	}
	if !partition.ValidRolePath(path) {
		return "A role's path begins and ends with a slash and has at most 512 printable characters without spaces, such as /partners/."
	}
	return ""
}

func descriptionFault(description string) string {
	if dynamic(description) {
		return dynamicFault
	}
	if utf8.RuneCountInString(description) > maxRoleDescription || !descriptionPattern.MatchString(description) {
		return fmt.Sprintf("A role's description has at most %d characters, all of them Latin-1: no dashes or quotation marks of typography.", maxRoleDescription)
	}
	return ""
}

// policyARN checks the form and returns the ARN's partition.
func (c *roleCheck) policyARN(attribute, key, arn string) string {
	m := policyARNPattern.FindStringSubmatch(arn)
	if m == nil || dynamic(arn) || len(arn) > maxPolicyARN {
		c.fault(attribute, key, fmt.Sprintf("%q is not the ARN of a managed policy, such as arn:aws:iam::aws:policy/SecurityAudit.", arn))
		return ""
	}
	switch {
	case m[2] == "aws":
	case c.account != "" && m[2] != c.account:
		c.fault(attribute, key, fmt.Sprintf("%q is a policy of the account %q, and the role will be in %q: a role can have policies of its own account and of AWS only. Name one of those.", arn, m[2], c.account))
	default:
		c.warn(attribute, key, "This policy is not one of AWS's. It must exist in the customer's account before the launch, or the stack fails.")
	}
	return m[1]
}

// maxPolicyARN is the length that IAM takes for any ARN.
const maxPolicyARN = 2048

func (c *roleCheck) managed(r Role) {
	const attribute = "managed_policy_arns"
	seen := map[string]bool{}
	partitions := map[string]bool{}
	if m := policyARNPattern.FindStringSubmatch(r.PermissionsBoundaryARN); m != nil {
		partitions[m[1]] = true
	}
	for _, arn := range slices.Sorted(slices.Values(r.ManagedPolicyARNs)) {
		if seen[arn] {
			c.fault(attribute, arn, "This policy is listed twice.")
			continue
		}
		seen[arn] = true
		if of := c.policyARN(attribute, arn, arn); of != "" {
			partitions[of] = true
		}
		if warning := managedPolicyWarning(arn); warning != "" {
			c.warn(attribute, arn, warning)
		}
	}
	if len(partitions) > 1 {
		c.fault(attribute, "", fmt.Sprintf("The policies are of several partitions: %s. A role can have those of its own only.", strings.Join(slices.Sorted(maps.Keys(partitions)), ", ")))
	}
	switch n := len(seen); {
	case n > mostManagedPolicies:
		c.fault(attribute, "", fmt.Sprintf("The role has %d managed policies; IAM takes at most %d, and %d without a raised quota.", n, mostManagedPolicies, maxManagedPolicies))
	case n > maxManagedPolicies:
		c.warn(attribute, "", fmt.Sprintf("The role has %d managed policies; IAM takes %d unless the customer has had that quota raised.", n, maxManagedPolicies))
	}
}

// own is the role as its policies may name it. The built-in template calls it Role.
func (r Role) own() []ownRole {
	return []ownRole{{cmp.Or(r.Path, "/"), cmp.Or(r.Name, generatedName("Role"))}}
}

func (c *roleCheck) inline(r Role) {
	const attribute = "inline_policies"
	total := 0
	for _, name := range slices.Sorted(maps.Keys(r.InlinePolicies)) {
		c.fault(attribute, name, iamNameFault("A policy", name, maxPolicyName))
		document, message := readPolicy(r.InlinePolicies[name])
		if message != "" {
			c.fault(attribute, name, message)
			continue
		}
		for _, f := range policyFaults(document, r.own()) {
			c.list = append(c.list, RoleFinding{attribute, name, f.message, f.warning})
		}
		total += documentSize(document)
	}
	if total > maxInlinePolicies {
		c.fault(attribute, "", fmt.Sprintf("The inline policies have %d characters in sum; IAM takes at most %d. Move some to managed policies.", total, maxInlinePolicies))
	}
}

func (c *roleCheck) tags(tags map[string]string) {
	const attribute = "tags"
	if len(tags) > maxTags {
		c.fault(attribute, "", fmt.Sprintf("The role has %d tags, default tags included; IAM takes at most %d.", len(tags), maxTags))
	}
	folded := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey || utf8.RuneCountInString(value) > maxTagValue:
			c.fault(attribute, key, fmt.Sprintf("A tag's key has 1 to %d characters and its value at most %d.", maxTagKey, maxTagValue))
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			c.fault(attribute, key, `Keys that begin with "aws:" are reserved for AWS.`)
		case !partition.ValidTag(key) || !partition.ValidTag(value):
			c.fault(attribute, key, "A tag holds letters, digits, spaces and any of _.:/=+-@.")
		}
		if other, ok := folded[strings.ToLower(key)]; ok {
			c.fault(attribute, key, fmt.Sprintf("IAM takes this key and %q for the same: the case makes no difference.", other))
		}
		folded[strings.ToLower(key)] = key
	}
}
