#!/usr/bin/env bash
# Makes a release in dist/ as goreleaser would, publishes nothing, and checks it. The signature is by a key that is
# thrown away.
set -euo pipefail
cd "$(dirname "$0")/../.."

goreleaser() { go tool -modfile=tools/goreleaser/go.mod goreleaser "$@"; }

goreleaser check

GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT
gpg --batch --quiet --passphrase '' --quick-generate-key release-check rsa3072 sign 1d
GPG_FINGERPRINT=$(gpg --list-keys --with-colons release-check | awk -F: '$1 == "fpr" {print $10; exit}')
export GPG_FINGERPRINT

goreleaser release --snapshot --clean --skip=publish

for sums in dist/*_SHA256SUMS; do
	gpg --batch --quiet --verify "$sums.sig" "$sums"
done
go run ./internal/release/cmd/check
