#!/usr/bin/env bash
# Prints, for each package in coverage profiles that were taken over all packages, how much of it some test reached, and leaves
# the blocks that none did in dist/unreached.txt, the largest first. The profiles are those of the tests, and of the provider
# as real Terraforms ran it.
set -euo pipefail
awk -v unreached="sort -rn >dist/unreached.txt" '
	FNR == 1 { next }
	{ statements[$1] = $2; if ($3 > 0) reached[$1] = 1 }
	END {
		for (block in statements) {
			package = block
			sub(/\/[^\/]*$/, "", package)
			sub(/^github.com\/xrole\/terraform-provider-xrole\/?/, "./", package)
			all[package] += statements[block]; total += statements[block]
			if (block in reached) { hit[package] += statements[block]; found += statements[block] }
			else print statements[block], block | unreached
		}
		for (package in all) printf "%-32s %5.1f %%  of %d\n", package, 100 * hit[package] / all[package], all[package] | "sort"
		close("sort")
		printf "%-32s %5.1f %%  of %d\n", "all", 100 * found / total, total
	}' "$@"
