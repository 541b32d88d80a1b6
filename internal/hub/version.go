package hub

import (
	"cmp"
	"strconv"
)

// CompareVersions compares the numbers of two receiver versions, "<number>-<hash>": negative if a is older than b, 0 if
// they have the same number. What is not such a version is older than any.
func CompareVersions(a, b string) int { return cmp.Compare(versionNumber(a), versionNumber(b)) }

func versionNumber(version string) int {
	parts := versionPattern.FindStringSubmatch(version)
	if parts == nil {
		return -1
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return -1
	}
	return n
}
