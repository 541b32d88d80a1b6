package release_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/release"
)

// What the provider and the receiver link may be shipped under the licence of this project.
func TestLinked(t *testing.T) {
	t.Parallel()
	modules, err := release.Linked(t.Context(), "../..", []string{"linux", "windows"}, ".", "./cmd/receiver")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, m := range modules {
		paths = append(paths, m.Path)
		if len(m.Refused) > 0 {
			t.Errorf("%s %s is under %v", m.Path, m.Version, m.Refused)
		}
	}
	for _, want := range []string{"github.com/aws/aws-lambda-go", "github.com/hashicorp/terraform-plugin-framework"} {
		if !slices.Contains(paths, want) {
			t.Errorf("%s is not among what is linked: %v", want, paths)
		}
	}
}

// A module whose licence forbids it, or that has none, or that has a forbidden part deep inside, is found.
func TestLinked_refused(t *testing.T) {
	t.Parallel()
	const mit = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files"
	for name, row := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"free":            {map[string]string{"LICENSE": mit}, nil},
		"none":            {map[string]string{}, []string{release.Unknown}},
		"its own":         {map[string]string{"LICENCE.txt": "You may look at it."}, []string{release.Unknown}},
		"gpl":             {map[string]string{"COPYING": "GNU GENERAL PUBLIC LICENSE\n Version 3"}, []string{"GNU"}},
		"agpl beside mit": {map[string]string{"LICENSE": mit, "LICENSE-AGPL": "GNU Affero\nGeneral Public License"}, []string{"GNU"}},
		"both in one":     {map[string]string{"LICENSE": mit + "\nor, at your choice, the GNU Lesser General Public License"}, []string{"GNU"}},
		"inside":          {map[string]string{"LICENSE": mit, "part/LICENSE": "GNU General Public License"}, []string{"GNU"}},
		"not linked":      {map[string]string{"LICENSE": mit, "other/LICENSE": "GNU General Public License"}, nil},
	} {
		dir := t.TempDir()
		files := map[string]string{
			"ours/go.mod":        "module example.com/ours\n\ngo 1.26\n\nrequire example.com/theirs v1.0.0\n\nreplace example.com/theirs => ../theirs\n",
			"ours/main.go":       "package main\n\nimport _ \"example.com/theirs/part\"\n\nfunc main() {}\n",
			"theirs/go.mod":      "module example.com/theirs\n\ngo 1.26\n",
			"theirs/part/a.go":   "package part\n",
			"theirs/other/b.go":  "package other\n",
			"theirs/part/doc.md": "GNU General Public License",
		}
		for file, text := range row.files {
			files["theirs/"+file] = text
		}
		write(t, dir, files)
		modules, err := release.Linked(t.Context(), filepath.Join(dir, "ours"), []string{"linux"}, ".")
		if err != nil || len(modules) != 1 {
			t.Fatalf("%s: %v, %v", name, modules, err)
		}
		if diff := cmp.Diff(row.want, modules[0].Refused); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	ours, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		string(ours): {"MPL-2.0"},
		"Apache License\n   Version 2.0, January 2004":                                                                                     {"Apache-2.0"},
		"Mozilla Public License Version 2.0\n==================================":                                                           {"MPL-2.0"},
		"under the Mozilla Public License, version 2.0, or the GNU General Public License":                                                 {"GNU"},
		"Copyright\n\nPermission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted": {"ISC"},
		"All rights reserved": {release.Unknown},
	} {
		if diff := cmp.Diff(want, release.Classify(text)); diff != "" {
			t.Errorf("%.60q: %s", text, diff)
		}
	}
}

// A binary that is not what it should be is found, whatever is wrong with it.
func TestCheckBinary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":  "module example.com/x\n\ngo 1.26\n",
		"main.go": "package main\n\nimport _ \"embed\"\n\nvar version, commit string\n\n//go:embed carried\nvar carried string\n\nfunc main() { println(version, commit, carried) }\n",
		"carried": "what must be carried",
	})
	path := filepath.Join(dir, "x")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-X main.version=1.22.333 -X main.commit=feedbeef", "-o", path, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	good := release.Wanted{
		Platform: release.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}, Version: "1.22.333", Commit: "feedbeef",
		Carried: map[string][]byte{"the file": []byte("what must be carried")}, Secrets: []string{dir}, MaxSize: release.MaxSize,
	}
	for name, row := range map[string]struct {
		change func(*release.Wanted)
		want   string
	}{
		"good":            {func(*release.Wanted) {}, ""},
		"another system":  {func(w *release.Wanted) { w.OS = "plan9" }, "GOOS"},
		"another machine": {func(w *release.Wanted) { w.Arch = "mips" }, "GOARCH"},
		"another version": {func(w *release.Wanted) { w.Version = "1.22.334" }, "version"},
		"another commit":  {func(w *release.Wanted) { w.Commit = "feedbeee" }, "commit"},
		"no file":         {func(w *release.Wanted) { w.Carried = map[string][]byte{"the file": []byte("something else")} }, "carry"},
		"an empty file":   {func(w *release.Wanted) { w.Carried = map[string][]byte{"the file": nil} }, "carry"},
		"a secret":        {func(w *release.Wanted) { w.Secrets = []string{"must be carried"} }, "holds"},
		"too large":       {func(w *release.Wanted) { w.MaxSize = 1000 }, "bytes"},
	} {
		want := good
		row.change(&want)
		wrong, err := release.CheckBinary(path, want)
		if err != nil {
			t.Fatal(err)
		}
		if (row.want == "") != (len(wrong) == 0) || len(wrong) > 1 || !strings.Contains(strings.Join(wrong, ""), row.want) {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

// What the registry would not find, or not trust, is found before.
func TestDist_CheckFiles(t *testing.T) {
	t.Parallel()
	built := filepath.Join(t.TempDir(), "built") // any program that is made of more than Go
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", built, "../../bench/empty").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const manifest = `{"version":1,"metadata":{"protocol_versions":["6.0"]}}`
	for name, row := range map[string]struct {
		change func(files map[string]string)
		want   string
	}{
		"good":             {func(map[string]string) {}, ""},
		"another manifest": {func(f map[string]string) { f["terraform-registry-manifest.json"] = manifest + "\n" }, "checksum of x_1.2.3_manifest.json"},
		"another archive":  {func(f map[string]string) { f["dist/x_1.2.3_linux_arm.zip"] = packed(t, "x_v1.2.3", "LICENSE", "more") }, "checksum of x_1.2.3_linux_arm.zip"},
		"a platform left out": {func(f map[string]string) {
			f["dist/artifacts.json"] = strings.Replace(f["dist/artifacts.json"], `"Binary"`, `"Archive"`, 1)
		}, "nothing was built for darwin"},
		"binary misnamed":      {func(f map[string]string) { sum(f, "windows_amd64", packed(t, "x_v1.2.3", "LICENSE")) }, "does not hold x_v1.2.3.exe"},
		"no licence":           {func(f map[string]string) { sum(f, "linux_amd64", packed(t, "x_v1.2.3")) }, "does not hold LICENSE"},
		"no zip":               {func(f map[string]string) { sum(f, "linux_amd64", "tar") }, "no zip file"},
		"no list of parts":     {func(f map[string]string) { delete(f, "dist/x_1.2.3_linux_386.cdx.json") }, "x_1.2.3_linux_386.cdx.json: no such file"},
		"another list":         {func(f map[string]string) { f["dist/x_1.2.3_linux_386.cdx.json"] += "\n" }, "checksum of x_1.2.3_linux_386.cdx.json"},
		"a part left out":      {func(f map[string]string) { parts(t, f, built, "linux_386", 1) }, "the binary has"},
		"protocol 5 is spoken": {func(f map[string]string) { sign(f, "manifest.json", strings.Replace(manifest, "6.0", "5.0", 1)) }, "protocol 6.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			files := made(t, built, manifest)
			row.change(files)
			write(t, dir, files)
			link(t, built, dir)
			d, err := release.Open(filepath.Join(dir, "dist"))
			if err != nil {
				t.Fatal(err)
			}
			wrong, err := d.CheckFiles()
			if err != nil {
				t.Fatal(err)
			}
			if (row.want == "") != (len(wrong) == 0) || !strings.Contains(strings.Join(wrong, "; "), row.want) {
				t.Errorf("%q", wrong)
			}
		})
	}
}

var platforms = []string{"darwin_amd64", "darwin_arm64", "freebsd_amd64", "linux_386", "linux_amd64", "linux_arm", "linux_arm64", "windows_amd64", "windows_arm64"}

// made is a whole release of a project x.
func made(t *testing.T, built, manifest string) map[string]string {
	t.Helper()
	files := map[string]string{"dist/metadata.json": `{"project_name":"x","version":"1.2.3","commit":"feedbeef"}`, "dist/x_1.2.3_SHA256SUMS": ""}
	var artifacts []string
	for _, platform := range platforms {
		system, arch, _ := strings.Cut(platform, "_")
		binary := "x_v1.2.3"
		if system == "windows" {
			binary += ".exe"
		}
		sum(files, platform, packed(t, binary, "LICENSE"))
		parts(t, files, built, platform, 0)
		artifacts = append(artifacts, fmt.Sprintf(`{"type":"Binary","path":"dist/%s/x","goos":%q,"goarch":%q}`, platform, system, arch))
	}
	files["dist/artifacts.json"] = "[" + strings.Join(artifacts, ",") + `,{"type":"Archive","path":"dist/a.zip"}]`
	sign(files, "manifest.json", manifest)
	return files
}

// sum puts an archive into the release, and its checksum.
func sum(files map[string]string, platform, archive string) {
	files["dist/x_1.2.3_"+platform+".zip"] = archive
	line(files, "x_1.2.3_"+platform+".zip", archive)
}

// parts puts the list of what the binary is made of into the release, without the first few.
func parts(t *testing.T, files map[string]string, binary, platform string, without int) {
	t.Helper()
	info, err := buildinfo.ReadFile(binary)
	if err != nil || len(info.Deps) < 2 {
		t.Fatalf("%s does not know what it is made of: %v", binary, err)
	}
	type part struct{ Name, Version string }
	list := []part{{"std", info.GoVersion}}
	for _, m := range info.Deps[without:] {
		list = append(list, part{m.Path, m.Version})
	}
	raw, err := json.Marshal(map[string]any{"components": list})
	if err != nil {
		t.Fatal(err)
	}
	name := "x_1.2.3_" + platform + ".cdx.json"
	files["dist/"+name] = string(raw)
	line(files, name, string(raw))
}

// link puts a binary in the place of every platform's.
func link(t *testing.T, binary, dir string) {
	t.Helper()
	for _, platform := range platforms {
		if err := os.MkdirAll(filepath.Join(dir, "dist", platform), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(binary, filepath.Join(dir, "dist", platform, "x")); err != nil {
			t.Fatal(err)
		}
	}
}

func sign(files map[string]string, name, content string) {
	files["terraform-registry-"+name] = content
	line(files, "x_1.2.3_"+name, content)
}

func line(files map[string]string, name, content string) {
	files["dist/x_1.2.3_SHA256SUMS"] += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(content)), name)
}

func packed(t *testing.T, names ...string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		entry, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte("content")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
