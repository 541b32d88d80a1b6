// Command terraform-provider-xrole serves the xrole provider to Terraform.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/xrole/terraform-provider-xrole/internal/provider"
)

// Set at link time.
var (
	version = "dev"
	commit  = "unknown"
	address = "registry.terraform.io/xrole/xrole"
)

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger such as delve before serving")
	show := flag.Bool("version", false, "print version, commit and registry address, and end")
	flag.Parse()
	if *show {
		fmt.Printf("terraform-provider-xrole %s, commit %s, for %s\n", version, commit, address)
		return
	}
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address:         address,
		Debug:           *debug,
		ProtocolVersion: 6,
	})
	if err != nil {
		log.Fatal(err)
	}
}
