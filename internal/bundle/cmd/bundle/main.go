// Command bundle writes the receiver's zip files and says what their SHA-256 is.
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/xrole/terraform-provider-xrole/internal/bundle"
)

func main() {
	out := flag.String("o", "dist", "the folder to write to")
	flag.Parse()
	if err := run(context.Background(), *out); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for anybody to read
		return err
	}
	for _, arch := range []string{"arm64", "amd64"} {
		code, err := bundle.Build(ctx, arch)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, "receiver_"+arch+".zip")
		if err := os.WriteFile(name, code, 0o644); err != nil { //nolint:gosec // as above
			return err
		}
		fmt.Printf("%x  %s\n", sha256.Sum256(code), name)
	}
	return nil
}
