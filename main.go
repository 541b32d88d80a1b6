// Command terraform-provider-xrole serves the xrole provider to Terraform.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/xrole/terraform-provider-xrole/internal/provider"
)

// Set at link time.
var (
	version = "dev"
	address = "registry.terraform.io/xrole/xrole"
)

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger such as delve before serving")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address:         address,
		Debug:           *debug,
		ProtocolVersion: 6,
	})
	if err != nil {
		log.Fatal(err)
	}
}
