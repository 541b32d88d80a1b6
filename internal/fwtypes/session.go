package fwtypes

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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
