package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// caller is whose credentials the provider has.
type caller awsclients.Caller

func (b *base) caller(ctx context.Context, region string) (caller, error) {
	who, err := b.data.clients.Caller(ctx, region)
	return caller(who), err
}

// accountText names the account of the provider's credentials for a message, as far as STS tells it.
func (b *base) accountText(ctx context.Context) string {
	who, err := b.caller(ctx, b.data.region)
	if err != nil {
		return "the account of these credentials"
	}
	return fmt.Sprintf("the account %q", who.AccountID)
}

// principals are what aws:PrincipalArn may be for the caller. The session of a role does not show the role's path, so
// that there are two patterns then. There are none for what is neither role nor user.
func (c caller) principals() []string {
	prefix := partition.ARN(c.Partition, "iam", "", c.AccountID, "")
	resource := c.ARN[strings.LastIndex(c.ARN, ":")+1:]
	kind, rest, _ := strings.Cut(resource, "/")
	switch kind {
	case "user":
		return []string{prefix + resource}
	case "assumed-role":
		name, _, _ := strings.Cut(rest, "/")
		return []string{prefix + "role/" + name, prefix + "role/*/" + name}
	default:
		return nil
	}
}

// trustedNote says whether a caller who was denied is among the hub's trusted principals: the customer's role lets in
// nobody else of the partner's account.
func (c caller) trustedNote(patterns []string) string {
	who := fmt.Sprintf("Terraform runs as %q", c.ARN)
	for _, pattern := range slices.Sorted(slices.Values(patterns)) {
		for _, principal := range c.principals() {
			if !overlap(pattern, principal) {
				continue
			}
			path := ""
			if strings.Contains(principal, ":role/") {
				path = ", if the role's path is the one there, which its session does not show"
			}
			return fmt.Sprintf("%s, and %q among the hub's `trusted_principal_arns` means it%s", who, pattern, path)
		}
	}
	list := "\"" + strings.Join(slices.Sorted(slices.Values(patterns)), "\", \"") + "\""
	return who + ", which is not among the hub's `trusted_principal_arns`, and of the partner's account the customer's role lets in only these: " + list +
		"; run Terraform as one of them, or add its role to the hub and have the customer update its stack"
}

// overlap reports whether two patterns of "*" and "?" have a text in common.
func overlap(a, b string) bool {
	// Of row i and column j: whether the first i bytes of a and the first j bytes of b have one.
	above := make([]bool, len(b)+1)
	above[0] = true
	for j := range b {
		above[j+1] = above[j] && b[j] == '*'
	}
	for i := range a {
		row := make([]bool, len(b)+1)
		row[0] = above[0] && a[i] == '*'
		for j := range b {
			if a[i] == '*' || b[j] == '*' {
				row[j+1] = above[j+1] || row[j]
			} else {
				row[j+1] = above[j] && (a[i] == b[j] || a[i] == '?' || b[j] == '?')
			}
		}
		above = row
	}
	return above[len(b)]
}
