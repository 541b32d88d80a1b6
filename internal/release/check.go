package release

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"os"
)

// MaxSize is how large a binary may be, in bytes. Every run of a user's CI loads one; a release that outgrows this should
// do so knowingly.
const MaxSize = 45_000_000

// Platform is what a binary runs on, in Go's words.
type Platform struct{ OS, Arch string }

// String returns the platform as it stands in the names of files.
func (p Platform) String() string { return p.OS + "_" + p.Arch }

// Wanted is what a binary must be.
type Wanted struct {
	Platform
	// Version and Commit are what it must know of itself.
	Version, Commit string
	// Carried are the files that must be in it, by what to call them.
	Carried map[string][]byte
	// Secrets are what must not be in it, such as folders of the machine that built it.
	Secrets []string
	// MaxSize is in bytes.
	MaxSize int64
}

// CheckBinary says what is wrong with a binary.
func CheckBinary(path string, want Wanted) ([]string, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what %s was built from: %w", path, err)
	}
	code, err := os.ReadFile(path) //nolint:gosec // what was just built
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	built := map[string]string{}
	for _, s := range info.Settings {
		built[s.Key] = s.Value
	}
	var wrong []string
	complain := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	for _, setting := range [][2]string{{"GOOS", want.OS}, {"GOARCH", want.Arch}, {"CGO_ENABLED", "0"}, {"-trimpath", "true"}} {
		complain(built[setting[0]] != setting[1], "was built with %s=%s, not %s", setting[0], built[setting[0]], setting[1])
	}
	complain(!bytes.Contains(code, []byte(want.Version)), "does not know its version %s", want.Version)
	complain(!bytes.Contains(code, []byte(want.Commit)), "does not know its commit %s", want.Commit)
	for name, file := range want.Carried {
		complain(len(file) == 0 || !bytes.Contains(code, file), "does not carry %s", name)
	}
	for _, secret := range want.Secrets {
		complain(bytes.Contains(code, []byte(secret)), "holds %q, from the machine that built it", secret)
	}
	complain(int64(len(code)) > want.MaxSize, "has %d bytes, more than %d", len(code), want.MaxSize)
	return wrong, nil
}
