package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Build compiles the receiver for linux on arch ("arm64" or "amd64") and zips it as Lambda's provided.al2023 runtime
// wants it: one executable named bootstrap. The same source and Go version give the same bytes, wherever and whenever
// it is built, so that anybody can check what runs. It needs the go command and this module's source.
func Build(ctx context.Context, arch string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "xrole-receiver-")
	if err != nil {
		return nil, fmt.Errorf("building the receiver: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(dir, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", binary, "./cmd/receiver") //nolint:gosec // no part comes from outside
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the receiver for %s: %w\n%s", arch, err, out)
	}
	code, err := os.ReadFile(binary) //nolint:gosec // what was built a line ago
	if err != nil {
		return nil, fmt.Errorf("building the receiver: %w", err)
	}
	return pack(code)
}

// pack zips with nothing in it that varies: one entry, fixed time and mode.
func pack(code []byte) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	entry, err := w.CreateHeader(header)
	if err != nil {
		return nil, fmt.Errorf("zipping the receiver: %w", err)
	}
	if _, err := entry.Write(code); err != nil {
		return nil, fmt.Errorf("zipping the receiver: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("zipping the receiver: %w", err)
	}
	return out.Bytes(), nil
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
