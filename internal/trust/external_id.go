package trust

import (
	"crypto/rand"
	"errors"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// NewExternalID returns a new External ID: 26 letters and digits with at least 128 bits from the operating system's
// generator.
func NewExternalID() string { return rand.Text() }

// ValidateExternalID refuses what STS would refuse.
func ValidateExternalID(s string) error {
	if !partition.ValidExternalID(s) {
		return errors.New("an External ID has 2 to 1,224 letters, digits or any of _+=,.@:/-")
	}
	return nil
}
