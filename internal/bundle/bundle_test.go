package bundle_test

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/bundle"
)

// Whoever builds the same source gets the same bytes, so that anybody can check what runs.
func TestBuild(t *testing.T) { //nolint:paralleltest // it changes the environment
	for _, arch := range []string{"arm64", "amd64"} {
		first, err := bundle.Build(t.Context(), arch)
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("TMPDIR", t.TempDir())
		t.Setenv("GOFIPS140", "latest")
		t.Setenv("GOAMD64", "v3")
		t.Setenv("GOFLAGS", "-v") // what a builder's environment says must not show
		again, err := bundle.Build(t.Context(), arch)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Errorf("%s: two builds differ", arch)
		}
		z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
		if err != nil {
			t.Fatal(err)
		}
		if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode().Perm() != 0o755 {
			t.Errorf("%s: the zip holds %+v", arch, z.File)
		}
	}
}
