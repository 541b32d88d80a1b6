// Command check holds a release that goreleaser made in dist/ to what users and Terraform's registry expect of it.
package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/xrole/terraform-provider-xrole/internal/payload"
	"github.com/xrole/terraform-provider-xrole/internal/release"
)

func main() {
	wrong, err := run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "release-check:", err)
		os.Exit(1)
	}
	for _, w := range wrong {
		fmt.Fprintln(os.Stderr, "release-check:", w)
	}
	if len(wrong) > 0 {
		os.Exit(1)
	}
}

func run(ctx context.Context) ([]string, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	dist, err := release.Open(filepath.Join(root, "dist"))
	if err != nil {
		return nil, err
	}
	wrong, err := dist.CheckFiles()
	if err != nil {
		return nil, err
	}
	want := release.Wanted{Version: dist.Version, Commit: dist.Commit, MaxSize: release.MaxSize, Secrets: []string{root}, Carried: map[string][]byte{}}
	for _, arch := range []string{"arm64", "x86_64"} {
		if want.Carried["the receiver for "+arch], _, err = payload.Receiver(arch); err != nil {
			return nil, err
		}
	}
	byName := func(a, b release.Platform) int { return cmp.Compare(a.String(), b.String()) }
	for _, p := range slices.SortedFunc(maps.Keys(dist.Binaries), byName) {
		want.Platform = p
		bad, err := binary(ctx, filepath.Join(root, dist.Binaries[p]), want)
		if err != nil {
			return nil, err
		}
		for _, b := range bad {
			wrong = append(wrong, p.String()+": "+b)
		}
	}
	return wrong, nil
}

func binary(ctx context.Context, path string, want release.Wanted) ([]string, error) {
	wrong, err := release.CheckBinary(path, want)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	fmt.Printf("%-15s %5.1f MB  %d wrong\n", want.Platform, float64(info.Size())/1e6, len(wrong))
	if want.OS != runtime.GOOS || want.Arch != runtime.GOARCH {
		return wrong, nil
	}
	said, err := exec.CommandContext(ctx, path, "-version").Output()
	if err != nil {
		return nil, fmt.Errorf("running %s: %w", path, err)
	}
	if expected := fmt.Sprintf("terraform-provider-xrole %s, commit %s, for registry.terraform.io/xrole/xrole\n", want.Version, want.Commit); string(said) != expected {
		wrong = append(wrong, fmt.Sprintf("-version says %q, not %q", said, expected))
	}
	return wrong, nil
}
