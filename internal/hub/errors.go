package hub

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotFound says that nothing of the hub is there.
var ErrNotFound = errors.New("no such hub")

// SpecError says what is wrong with one field of a Spec.
type SpecError struct {
	// Field is the field's name in Terraform, such as "regions" or "customers.account_ids".
	Field string
	// Key is the element that is wrong, such as a region or an account id; empty if it is not about one element.
	Key     string
	Message string
}

// Error names field, element and fault.
func (e *SpecError) Error() string {
	if e.Key == "" {
		return e.Field + ": " + e.Message
	}
	return fmt.Sprintf("%s: %q: %s", e.Field, e.Key, e.Message)
}

// OwnerError says that a hub with onboardings is kept by somebody else.
type OwnerError struct {
	Hub string
	// Owner keeps the hub, Want asked for a change.
	Owner, Want string
}

// Error names the hub and both owners.
func (e *OwnerError) Error() string {
	return fmt.Sprintf("hub %q is kept by the Terraform state %s, this one is %s", e.Hub, e.Owner, e.Want)
}

// RevisionError says that somebody else has changed the hub since this run read it.
type RevisionError struct {
	Hub string
	// Owner is who wrote last.
	Owner string
}

// Error names the hub and who wrote.
func (e *RevisionError) Error() string {
	return fmt.Sprintf("hub %q was changed by the Terraform state %s since it was read", e.Hub, e.Owner)
}

// ExistsError says that a hub with onboardings is there already that no Terraform state keeps.
type ExistsError struct{ Hub string }

// Error names the hub.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("hub %q is there already and has onboardings", e.Hub)
}

// AccountError says that AWS knows no account of that id. The policies are as they were.
type AccountError struct{ AccountID string }

// Error names the account.
func (e *AccountError) Error() string {
	return fmt.Sprintf("account %s: there is no such AWS account", e.AccountID)
}

// InUseError says that a hub, or one region of it, still has onboardings or customers' stacks, which would lose the
// topic they call.
type InUseError struct {
	Hub string
	// Region is the one that was to go; empty if it was the whole hub.
	Region string
	// Onboardings are how many offers the registry holds, of that region if it is about one.
	Onboardings int
	// Stacks are how many customers' stacks still call a topic of the hub, of that region if it is about one.
	Stacks int
}

// Error names the hub and what it still has.
func (e *InUseError) Error() string {
	what := fmt.Sprintf("hub %q", e.Hub)
	if e.Region != "" {
		what = fmt.Sprintf("region %q of hub %q", e.Region, e.Hub)
	}
	return fmt.Sprintf("%s has %d onboardings and %d customers' stacks that call back to it; without it those stacks can "+
		"neither be updated nor deleted", what, e.Onboardings, e.Stacks)
}

// StackError says that CloudFormation could not do what was asked, and names the first resource that failed: those
// after it are consequences.
type StackError struct {
	Stack, Region string
	// Status is the stack's, such as "ROLLBACK_COMPLETE".
	Status string
	// LogicalID and Type are of the first failed resource, empty when the stack's events show none.
	LogicalID, Type string
	// Reason is the resource's, or else the stack's own.
	Reason string
}

// Error names stack, resource and reason.
func (e *StackError) Error() string {
	if e.LogicalID == "" {
		return strings.TrimSuffix(fmt.Sprintf("stack %q in %s is %s: %s", e.Stack, e.Region, e.Status, e.Reason), ": ")
	}
	return fmt.Sprintf("stack %q in %s is %s: %s (%s): %s", e.Stack, e.Region, e.Status, e.LogicalID, e.Type, e.Reason)
}
