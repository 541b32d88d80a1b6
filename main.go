// Command terraform-provider-xrole serves the xrole provider to Terraform.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/debug"

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
	beFrugal()
	var opts []tf6server.ServeOpt
	if *debug {
		opts = append(opts, tf6server.WithManagedDebug())
	}
	err := tf6server.Serve(address, provider.NewServer(version), opts...)
	if err != nil {
		log.Fatal(err)
	}
}

// What a plan of thousands makes is nearly all garbage at once: the collector may wait until it is garbagePercent of
// what is in use, and works harder where the process has memoryLimit bytes.
const (
	garbagePercent = 300
	memoryLimit    = 104 << 20
)

// beFrugal sets what costs a plan of thousands most, where the user's environment does not: the collector, and the
// framework's log. Unless it is told otherwise the framework writes every step of every request as a line of JSON, which
// Terraform decodes and throws away when TF_LOG is not set.
func beFrugal() {
	if os.Getenv("TF_LOG") == "" && os.Getenv("TF_LOG_PROVIDER") == "" && os.Getenv("TF_LOG_SDK") == "" {
		if err := os.Setenv("TF_LOG_SDK", "off"); err != nil {
			log.Print(err) // it is only slower
		}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
