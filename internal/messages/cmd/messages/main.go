// Command messages writes the guide that lists what the provider can say.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/xrole/terraform-provider-xrole/internal/messages"
)

func main() {
	all, hints, err := messages.Collect(".")
	if err == nil {
		err = os.WriteFile(filepath.Join("templates", "guides", "messages.md"), []byte(messages.Page(all, hints)), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "messages:", err)
		os.Exit(1)
	}
}
