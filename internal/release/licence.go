package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Module is a module that is linked into what we ship, and the licences in it.
type Module struct {
	Path, Version string
	// Licences are as Classify names them.
	Licences []string
	// Refused are those of Licences that what we ship must not be under.
	Refused []string
}

// Unknown is a licence that Classify does not know.
const Unknown = "unknown"

var gnu = regexp.MustCompile(`(?i)GNU\s+(Affero\s+|Lesser\s+|Library\s+)?General\s+Public\s+Licen[sc]e`)

// known are phrases that are in one licence only, the more telling first. A text may be several.
var known = []struct{ licence, phrase string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted"},
	{"BSD", "Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are met"},
}

// Classify returns the SPDX identifiers of the licences in a text: Apache-2.0, BSD, ISC, MIT or MPL-2.0, "GNU" for any
// of the GPL's family, else Unknown. BSD stands for its variants of two and three clauses.
func Classify(text string) []string {
	plain := strings.Join(strings.Fields(text), " ")
	// The MPL names the GPL as what it may be combined with, so it has to be looked for first.
	if regexp.MustCompile(`^(Copyright .{0,80}?)?Mozilla Public License,? [Vv]ersion 2\.0`).MatchString(plain) {
		return []string{"MPL-2.0"}
	}
	var found []string
	if gnu.MatchString(plain) {
		found = append(found, "GNU")
	}
	for _, k := range known {
		if strings.Contains(plain, k.phrase) && !slices.Contains(found, k.licence) {
			found = append(found, k.licence)
		}
	}
	if len(found) == 0 {
		return []string{Unknown}
	}
	return found
}

// accepted may be linked into a binary under the MPL-2.0, and shipped to anybody. What is not here is refused.
var accepted = []string{"Apache-2.0", "BSD", "ISC", "MIT", "MPL-2.0"}

// licenceFile leaves out LICENSE-SUMMARY, as AWS calls the list of the licences that are in files of their own.
var licenceFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying|unlicense)([.-].*)?$`)

// Linked returns the modules that are linked into the packages on any of the systems, by path. It looks at each linked
// package's folder and those above it: parts of a module may be under a licence of their own.
func Linked(ctx context.Context, root string, systems []string, packages ...string) ([]Module, error) {
	modules, folders := map[string]*Module{}, map[string]bool{}
	for _, system := range systems {
		listed, err := list(ctx, root, system, packages)
		if err != nil {
			return nil, err
		}
		for _, p := range listed {
			if p.Module == nil || p.Module.Main {
				continue
			}
			if modules[p.Module.Path] == nil {
				modules[p.Module.Path] = &Module{Path: p.Module.Path, Version: p.Module.Version}
			}
			if err := modules[p.Module.Path].look(p.Module.Dir, p.Dir, folders); err != nil {
				return nil, err
			}
		}
	}
	var all []Module
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		all = append(all, modules[path].judged())
	}
	return all, nil
}

type listed struct {
	Dir    string
	Module *struct {
		Path, Version, Dir string
		Main               bool
	}
}

func list(ctx context.Context, root, system string, packages []string) ([]listed, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-json=Dir,Module"}, packages...)...) //nolint:gosec // our own packages
	cmd.Dir, cmd.Stderr = root, os.Stderr
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing what is linked on %s: %w", system, err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("listing what is linked on %s: %w", system, err)
		}
		all = append(all, p)
	}
}

// look reads the licences in a folder of the module and all above it that were not seen yet.
func (m *Module) look(top, folder string, seen map[string]bool) error {
	for ; strings.HasPrefix(folder, top) && !seen[folder]; folder = filepath.Dir(folder) {
		seen[folder] = true
		entries, err := os.ReadDir(folder)
		if err != nil {
			return fmt.Errorf("looking for licences: %w", err)
		}
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) || e.Name() == "LICENSE-SUMMARY" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(folder, e.Name())) //nolint:gosec // a file of the module cache
			if err != nil {
				return fmt.Errorf("reading a licence: %w", err)
			}
			m.Licences = append(m.Licences, Classify(string(text))...)
		}
	}
	return nil
}

func (m *Module) judged() Module {
	if len(m.Licences) == 0 {
		m.Licences = []string{Unknown}
	}
	slices.Sort(m.Licences)
	m.Licences = slices.Compact(m.Licences)
	for _, l := range m.Licences {
		if !slices.Contains(accepted, l) {
			m.Refused = append(m.Refused, l)
		}
	}
	return *m
}
