package trust

import (
	"crypto/rand"
	"errors"
	"regexp"
)

// NewExternalID returns a new External ID: 26 letters and digits with at least 128 bits from the operating system's
// generator.
func NewExternalID() string { return rand.Text() }

var externalIDPattern = regexp.MustCompile(`^[\w+=,.@:/-]+$`)

// ValidateExternalID refuses what STS would refuse: see
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
func ValidateExternalID(s string) error {
	if len(s) < 2 || len(s) > 1224 || !externalIDPattern.MatchString(s) {
		return errors.New("an External ID has 2 to 1,224 letters, digits or any of _+=,.@:/-")
	}
	return nil
}
