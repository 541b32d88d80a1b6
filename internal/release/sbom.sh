#!/usr/bin/env bash
# Writes what a binary is made of, as CycloneDX, by what Go has written into the binary: sbom.sh <binary> <document>.
set -euo pipefail
binary=$(realpath "$1") document=$(realpath -m "$2")
cd "$(dirname "$0")/../.."
go tool -modfile=tools/sbom/go.mod cyclonedx-gomod bin -json -std -noserial -notimestamp -output "$document" "$binary"
