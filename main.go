// Command terraform-provider-xrole serves the xrole provider to Terraform.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

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
	beQuiet()
	var opts []tf6server.ServeOpt
	if *debug {
		opts = append(opts, tf6server.WithManagedDebug())
	}
	err := tf6server.Serve(address, provider.NewServer(version), opts...)
	if err != nil {
		log.Fatal(err)
	}
}

// beQuiet keeps the framework from writing every step of every request as a line of JSON, which Terraform decodes and
// throws away when TF_LOG is not set.
func beQuiet() {
	if os.Getenv("TF_LOG") != "" || os.Getenv("TF_LOG_PROVIDER") != "" || os.Getenv("TF_LOG_SDK") != "" {
		return
	}
	if err := os.Setenv("TF_LOG_SDK", "off"); err != nil {
		log.Print(err) // it is only slower
	}
}
