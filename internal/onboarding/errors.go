package onboarding

import (
	"fmt"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// ExistsError says that the registry holds an offer of that name which may not be adopted without being asked to.
type ExistsError struct {
	Name string
	// Delivered is true when a customer's stack has already answered the offer.
	Delivered bool
}

func (e *ExistsError) Error() string {
	if e.Delivered {
		return fmt.Sprintf("onboarding %q exists in the registry and a customer has answered it", e.Name)
	}
	return fmt.Sprintf("onboarding %q exists in the registry with other inputs", e.Name)
}

// OwnerError says that something else has written the offer since this state last did.
type OwnerError struct {
	Name string
	// Foreign is true when another state wrote it, false when the offer changed between plan and apply.
	Foreign bool
}

func (e *OwnerError) Error() string {
	if e.Foreign {
		return fmt.Sprintf("onboarding %q has been written by another Terraform state", e.Name)
	}
	return fmt.Sprintf("onboarding %q has changed since it was planned", e.Name)
}

// LiveError says that a customer's role stands behind the onboarding.
type LiveError struct {
	Name   string
	Status registry.Status
}

func (e *LiveError) Error() string {
	return fmt.Sprintf("onboarding %q is %s", e.Name, e.Status)
}

// ExternalIDError says that a given External ID cannot be used.
type ExternalIDError struct{ Reason string }

func (e *ExternalIDError) Error() string { return e.Reason }

// RotationError says why the External ID was not rotated, or the former one not dropped. Nothing was changed.
type RotationError struct {
	Name    string
	Status  registry.Status
	Refusal Refusal
}

func (e *RotationError) Error() string {
	return fmt.Sprintf("rotation of onboarding %q, which is %s, is refused (%s)", e.Name, e.Status, e.Refusal)
}

// TemplateError carries the findings for which no template was made.
type TemplateError struct{ Findings []cfn.Finding }

func (e *TemplateError) Error() string {
	for _, f := range e.Findings {
		if !f.Warning {
			return fmt.Sprintf("the template cannot be used: line %d, column %d: %s", f.Line, f.Column, f.Message)
		}
	}
	return "the template cannot be used"
}

// AccountError says that the offer in the registry is for another account than the inputs.
type AccountError struct{ Name, Offered string }

func (e *AccountError) Error() string {
	return fmt.Sprintf("onboarding %q is offered to account %q", e.Name, e.Offered)
}

// StepError says which of the writes failed and what had been done before it.
type StepError struct {
	// Step is what failed, Done what had been written before (empty if nothing).
	Step, Done string
	Err        error
}

func (e *StepError) Error() string { return e.Step + ": " + e.Err.Error() }

func (e *StepError) Unwrap() error { return e.Err }
