package fwtypes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The limits here are those of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.

var sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// SessionName accepts a role session's name.
func SessionName() validator.String {
	return stringRule{"2 to 64 letters, digits or any of _+=,.@-", "Invalid session name", func(s string) error {
		if !sessionNamePattern.MatchString(s) {
			return errors.New("a session name has 2 to 64 letters, digits or any of _+=,.@-")
		}
		return nil
	}}
}

// SourceIdentity accepts what says who is behind a session.
func SourceIdentity() validator.String {
	return stringRule{"2 to 64 letters, digits or any of _+=,.@-", "Invalid source identity", func(s string) error {
		if !sessionNamePattern.MatchString(s) || strings.HasPrefix(strings.ToLower(s), "aws:") {
			return errors.New("a source identity has 2 to 64 letters, digits or any of _+=,.@-")
		}
		return nil
	}}
}

const maxSessionPolicy = 2048

// SessionPolicy accepts a policy for one session: a JSON object of up to 2,048 characters.
func SessionPolicy() validator.String {
	return stringRule{"a policy as JSON, up to 2,048 characters", "Invalid session policy", func(s string) error {
		var policy struct{ Statement any }
		switch err := json.Unmarshal([]byte(s), &policy); {
		case err != nil:
			return fmt.Errorf("a session policy is a JSON object; this is not: %w", err)
		case policy.Statement == nil:
			return errors.New("a session policy is a JSON object with Version and Statement")
		case utf8.RuneCountInString(s) > maxSessionPolicy:
			return fmt.Errorf("a session policy has at most %d characters; this has %d. `jsonencode` leaves out white space", maxSessionPolicy, utf8.RuneCountInString(s))
		}
		return nil
	}}
}

var policyARNPattern = regexp.MustCompile(`^arn:aws(?:-[a-z]{1,8}){0,3}:iam::([0-9]{12}|aws):policy/[\x21-\x7e]+$`)

// PolicyARN accepts the ARN of a managed policy.
func PolicyARN() validator.String {
	return stringRule{"the ARN of a managed policy", "Invalid policy ARN", func(s string) error {
		if !policyARNPattern.MatchString(s) {
			return errors.New("a managed policy's ARN looks like \"arn:aws:iam::aws:policy/SecurityAudit\"")
		}
		return nil
	}}
}

// SessionTags accepts the tags of a session: at most fifty, keys that differ in more than case.
func SessionTags() validator.Map { return sessionTagRule{} }

type sessionTagRule struct{}

const maxSessionTags = 50

func (sessionTagRule) Description(context.Context) string {
	return "at most fifty tags as STS takes them"
}

func (r sessionTagRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (sessionTagRule) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	elements := req.ConfigValue.Elements()
	if len(elements) > maxSessionTags {
		resp.Diagnostics.AddAttributeError(req.Path, "Too many session tags", fmt.Sprintf("STS takes at most %d tags for a session, these are %d.", maxSessionTags, len(elements)))
	}
	folded := map[string]bool{}
	keys := make([]string, 0, len(elements))
	for key := range elements {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		value, ok := elements[key].(types.String)
		if !ok || value.IsUnknown() {
			continue
		}
		err := checkTag(key, value.ValueString())
		if err == nil && folded[strings.ToLower(key)] {
			err = errors.New("STS takes two keys that differ only in case for the same")
		}
		folded[strings.ToLower(key)] = true
		if err != nil {
			resp.Diagnostics.AddAttributeError(req.Path.AtMapKey(key), "Invalid session tag", sentence(err.Error()))
		}
	}
}
