package release

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dist is a release as goreleaser leaves it in a folder.
type Dist struct {
	Dir string
	// Name is the project's, Version is without the "v".
	Name    string `json:"project_name"`
	Version string `json:"version"`
	Commit  string `json:"commit"`
	// Binaries are paths from the module's root, by platform.
	Binaries map[Platform]string `json:"-"`
}

// Open reads what goreleaser says that it has made.
func Open(dir string) (*Dist, error) {
	d := &Dist{Dir: dir, Binaries: map[Platform]string{}}
	var made []struct{ Type, Path, GOOS, GOARCH string }
	if err := errors.Join(decode(filepath.Join(dir, "metadata.json"), d), decode(filepath.Join(dir, "artifacts.json"), &made)); err != nil {
		return nil, fmt.Errorf("reading the release in %s: %w", dir, err)
	}
	for _, a := range made {
		if a.Type == "Binary" {
			d.Binaries[Platform{a.GOOS, a.GOARCH}] = a.Path
		}
	}
	return d, nil
}

func decode(path string, into any) error {
	raw, err := os.ReadFile(path) //nolint:gosec // the caller's own folder
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// required are the platforms that Terraform's registry asks for
// (https://developer.hashicorp.com/terraform/registry/providers/publishing), with FreeBSD and Windows on ARM.
func required() []Platform {
	return []Platform{
		{"darwin", "amd64"},
		{"darwin", "arm64"},
		{"freebsd", "amd64"},
		{"linux", "386"},
		{"linux", "amd64"},
		{"linux", "arm"},
		{"linux", "arm64"},
		{"windows", "amd64"},
		{"windows", "arm64"},
	}
}

// CheckFiles says what is wrong with the files beside the binaries, which the registry finds by their names: a zip and a list of
// parts for each platform, the manifest, and the checksums of them all. Whether those are signed is for gpg to say.
func (d *Dist) CheckFiles() ([]string, error) {
	var wrong []string
	for _, p := range required() {
		if d.Binaries[p] == "" {
			wrong = append(wrong, "nothing was built for "+p.String())
		}
	}
	base := d.Name + "_" + d.Version
	raw, err := os.ReadFile(filepath.Join(d.Dir, base+"_SHA256SUMS")) //nolint:gosec // the caller's own folder
	if err != nil {
		return nil, fmt.Errorf("reading the checksums: %w", err)
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if sum, name, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			sums[name] = sum
		}
	}
	for p := range d.Binaries {
		name := base + "_" + p.String() + ".zip"
		archive, err := os.ReadFile(filepath.Join(d.Dir, name)) //nolint:gosec // as above
		if err != nil {
			return nil, fmt.Errorf("reading the archive for %s: %w", p, err)
		}
		wrong = append(wrong, checkSum(name, archive, sums)...)
		wrong = append(wrong, d.checkArchive(name, archive, p)...)
		wrong = append(wrong, d.checkSBOM(base+"_"+p.String()+".cdx.json", d.Binaries[p], sums)...)
	}
	slices.Sort(wrong)
	return append(wrong, d.checkManifest(base+"_manifest.json", sums)...), nil
}

func checkSum(name string, content []byte, sums map[string]string) []string {
	if fmt.Sprintf("%x", sha256.Sum256(content)) != sums[name] {
		return []string{"the checksum of " + name + " is missing or wrong"}
	}
	return nil
}

func (d *Dist) checkArchive(name string, archive []byte, p Platform) []string {
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return []string{name + " is no zip file"}
	}
	want := d.Name + "_v" + d.Version
	if p.OS == "windows" {
		want += ".exe"
	}
	held := func(name string) bool {
		return slices.ContainsFunc(r.File, func(f *zip.File) bool { return f.Name == name && f.UncompressedSize64 > 0 })
	}
	var wrong []string
	for _, file := range []string{want, "LICENSE"} {
		if !held(file) {
			wrong = append(wrong, name+" does not hold "+file)
		}
	}
	return wrong
}

// checkSBOM wants every module that the binary itself names, and Go's own library.
func (d *Dist) checkSBOM(name, binary string, sums map[string]string) []string {
	raw, err := os.ReadFile(filepath.Join(d.Dir, name)) //nolint:gosec // the caller's own folder
	if err != nil {
		return []string{err.Error()}
	}
	info, err := buildinfo.ReadFile(filepath.Join(filepath.Dir(d.Dir), binary))
	if err != nil {
		return []string{err.Error()}
	}
	wrong := checkSum(name, raw, sums)
	var made struct {
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(raw, &made); err != nil {
		return append(wrong, name+" is no JSON")
	}
	listed := map[string]string{}
	for _, c := range made.Components {
		listed[c.Name] = c.Version
	}
	if listed["std"] == "" {
		wrong = append(wrong, name+" does not name Go's own library")
	}
	for _, m := range info.Deps {
		if listed[m.Path] != m.Version {
			wrong = append(wrong, fmt.Sprintf("%s lists %s %q, the binary has %s", name, m.Path, listed[m.Path], m.Version))
		}
	}
	return wrong
}

// checkManifest finds the manifest in the module's root, from where goreleaser uploads it under another name.
func (d *Dist) checkManifest(name string, sums map[string]string) []string {
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(d.Dir), "terraform-registry-manifest.json"))
	if err != nil {
		return []string{err.Error()}
	}
	wrong := checkSum(name, raw, sums)
	var m struct {
		Version  int
		Metadata struct {
			Versions []string `json:"protocol_versions"`
		}
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.Version != 1 || !slices.Equal(m.Metadata.Versions, []string{"6.0"}) {
		wrong = append(wrong, "the manifest does not say that the provider speaks protocol 6.0")
	}
	return wrong
}
