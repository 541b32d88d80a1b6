package fwtypes

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// stringRule is a validator made of a pure check.
type stringRule struct {
	about   string
	summary string
	check   func(string) error
}

func (r stringRule) Description(context.Context) string { return r.about }

func (r stringRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (r stringRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := r.check(req.ConfigValue.ValueString()); err != nil {
		text := sentence(err.Error()) + " Got: " + quote(req.ConfigValue.ValueString())
		if at := argument(req.Path); at != "" {
			text = "`" + at + "`: " + text // Terraform points at the resource only
		}
		resp.Diagnostics.AddAttributeError(req.Path, r.summary, text)
	}
}

// argument names the argument within another that a path leads to, without its elements; it is empty for one of the resource.
func argument(p path.Path) string {
	var names []string
	for _, step := range p.Steps() {
		if name, ok := step.(path.PathStepAttributeName); ok {
			names = append(names, string(name))
		}
	}
	if len(names) < 2 {
		return ""
	}
	return strings.Join(names, ".")
}

var pastedAccountPattern = regexp.MustCompile(`^[0-9]{4}[- ][0-9]{4}[- ][0-9]{4}$`)

// AccountID accepts an AWS account id: exactly twelve digits, as a string.
func AccountID() validator.String {
	return stringRule{"an AWS account id: exactly twelve digits", "Invalid AWS account id", func(s string) error {
		if partition.ValidAccountID(s) {
			return nil
		}
		if pastedAccountPattern.MatchString(s) {
			return fmt.Errorf("an account id is written without separators: %q", strings.NewReplacer("-", "", " ", "").Replace(s))
		}
		return fmt.Errorf("an AWS account id has exactly twelve digits; write it in quotes, or leading zeros get lost")
	}}
}

// OneOf accepts these texts only. Unlike the stock validator it does not name an element of a set by a way that nobody writes.
func OneOf(allowed ...string) validator.String {
	list := "\"" + strings.Join(allowed, "\", \"") + "\""
	return stringRule{"one of " + list, "Value that is not known here", func(s string) error {
		if slices.Contains(allowed, s) {
			return nil
		}
		return fmt.Errorf("it is one of %s", list)
	}}
}

// Region accepts the name of an AWS region.
func Region() validator.String {
	return stringRule{"an AWS region, such as eu-west-1", "Invalid AWS region", func(s string) error {
		if partition.ValidRegion(s) {
			return nil
		}
		return fmt.Errorf("a region looks like %q", "eu-west-1")
	}}
}

// RoleARN accepts the ARN of an IAM role.
func RoleARN() validator.String {
	return stringRule{"the ARN of an IAM role", "Invalid role ARN", func(s string) error {
		_, err := partition.ParseRoleARN(s)
		return err
	}}
}

// ExternalID accepts what STS takes as an External ID.
func ExternalID() validator.String {
	return stringRule{"an External ID as STS takes it: 2 to 1,224 letters, digits or any of _+=,.@:/-", "Invalid External ID", trust.ValidateExternalID}
}

var principalPattern = regexp.MustCompile(`^arn:aws(?:-[a-z]{1,8}){0,3}:iam::[0-9]{12}:(role|user)/[\x21-\x7e]+$`)

// PrincipalPattern accepts the ARN of a role or user of one account, in which * and ? may stand in the path and name.
func PrincipalPattern() validator.String {
	return stringRule{"the ARN of an IAM role or user; * and ? may stand in its path and name", "Invalid principal pattern", func(s string) error {
		if !principalPattern.MatchString(s) {
			return fmt.Errorf("a trusted principal is the ARN of a role or user in the partner's account, path included, such as %q; wildcards may stand only after role/ or user/",
				"arn:aws:iam::111122223333:role/acme-collector")
		}
		if _, named, _ := strings.Cut(s[strings.LastIndex(s, ":")+1:], "/"); strings.Trim(named, "*?/") == "" {
			return fmt.Errorf("this pattern would let in every role or user of the account; name the ones that need access")
		}
		return nil
	}}
}

// OnboardingName accepts an onboarding's name.
func OnboardingName() validator.String {
	return stringRule{"1 to 64 letters, digits, dots, hyphens or underscores, beginning with a letter or digit", "Invalid onboarding name", func(s string) error {
		if registry.ValidName(s) {
			return nil
		}
		return fmt.Errorf("a name has 1 to 64 letters, digits, dots, hyphens or underscores and begins with a letter or digit, since it becomes part of the template's address and of session names")
	}}
}

// StackName accepts a CloudFormation stack's name.
func StackName() validator.String {
	return stringRule{"a CloudFormation stack name", "Invalid stack name", func(s string) error {
		if partition.ValidStackName(s) {
			return nil
		}
		return fmt.Errorf("a stack name has up to 128 letters, digits and hyphens and begins with a letter")
	}}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// quote shows a refused value, shortened: it may be a whole document that was put in the wrong place.
func quote(s string) string {
	if n := 120; len(s) > n {
		for !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// PartitionID accepts the id of a partition that is known here.
func PartitionID() validator.String {
	return stringRule{"an AWS partition, such as aws or aws-us-gov", "Invalid AWS partition", func(s string) error {
		if _, ok := partition.ForID(s); ok {
			return nil
		}
		return fmt.Errorf("the partitions are aws, aws-cn, aws-us-gov, aws-eusc, aws-iso, aws-iso-b, aws-iso-e and aws-iso-f")
	}}
}
