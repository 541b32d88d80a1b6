package payload

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Number is the whole number in a receiver's version. It grows whenever a release carries a receiver that differs from
// the last release's, so that a provider can tell whether the receiver it finds is older or newer than its own.
const Number = 1

//go:embed dist
var dist embed.FS

// Receiver returns the receiver for a Lambda architecture, "arm64" or "x86_64", as a zip file, and its version: Number
// and the first twelve hex digits of the zip's SHA-256, as in "1-0123456789ab". The error says how to build the zip when this
// provider was built without it.
func Receiver(arch string) (zip []byte, version string, err error) { return receiver(dist, arch) }

func receiver(files fs.ReadFileFS, arch string) (zip []byte, version string, err error) {
	// Lambda and Go have different names for the same thing.
	name, ok := map[string]string{"arm64": "arm64", "x86_64": "amd64"}[arch]
	if !ok {
		return nil, "", fmt.Errorf("architecture %q: must be \"arm64\" or \"x86_64\"", arch)
	}
	zip, err = files.ReadFile("dist/receiver_" + name + ".zip")
	if err != nil {
		return nil, "", fmt.Errorf("this provider was built without the receiver: run \"make receiver\" in its source, and build it again: %w", err)
	}
	sum := sha256.Sum256(zip)
	return zip, fmt.Sprintf("%d-%s", Number, hex.EncodeToString(sum[:])[:12]), nil
}
