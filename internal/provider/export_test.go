package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/xrole/terraform-provider-xrole/internal/plural"
)

// New returns what the framework serves.
func New(version string) provider.Provider { return &xroleProvider{version: version} }

// NewServerWithoutShortcut is NewServer, with the framework answering for every onboarding.
func NewServerWithoutShortcut(version string) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		p := &xroleProvider{version: version}
		return plural.New(framework(p), beside{provider: p})
	}
}

// CutOffHint is what a refused destroy or replacement says in the end.
var CutOffHint = cutOffHint
