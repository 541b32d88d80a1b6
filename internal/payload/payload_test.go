package payload_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/xrole/terraform-provider-xrole/internal/payload"
)

// What is embedded is what "make receiver" built, and its version names it.
func TestReceiver(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, arch := range []string{"arm64", "x86_64"} {
		code, version, err := payload.Receiver(arch)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(code)
		if want := strconv.Itoa(payload.Number) + "-" + hex.EncodeToString(sum[:6]); version != want {
			t.Errorf("%s: version %q, want %q", arch, version, want)
		}
		seen[version] = true
		z, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
		if err != nil {
			t.Fatal(err)
		}
		if len(z.File) != 1 || z.File[0].Name != "bootstrap" {
			t.Errorf("%s: the zip holds %+v", arch, z.File)
		}
	}
	if len(seen) != 2 {
		t.Error("both architectures have one version")
	}
}

func TestReceiver_refused(t *testing.T) {
	t.Parallel()
	if _, _, err := payload.ReceiverIn(fstest.MapFS{}, "arm64"); err == nil || !strings.Contains(err.Error(), `run "make receiver"`) {
		t.Errorf("without the zips: %v", err)
	}
	if _, _, err := payload.Receiver("amd64"); err == nil || !strings.Contains(err.Error(), `must be "arm64" or "x86_64"`) {
		t.Errorf("an unknown architecture: %v", err)
	}
}
