// Command licences lists every module that is linked into the provider and the receiver with its licences, and fails
// if one of them is none that we may ship.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/xrole/terraform-provider-xrole/internal/release"
)

func main() {
	refused, err := run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
	if refused > 0 {
		fmt.Fprintf(os.Stderr, "licences: %d modules must not be shipped, or have a licence that nobody has looked at\n", refused)
		os.Exit(1)
	}
}

func run(ctx context.Context) (refused int, err error) {
	systems := []string{"darwin", "freebsd", "linux", "windows"}
	modules, err := release.Linked(ctx, ".", systems, ".", "./cmd/receiver")
	if err != nil {
		return 0, err
	}
	for _, m := range modules {
		note := ""
		if len(m.Refused) > 0 {
			note = "  <- REFUSED"
			refused++
		}
		fmt.Printf("%-75s %-45s %v%s\n", m.Path, m.Version, m.Licences, note)
	}
	return refused, nil
}
