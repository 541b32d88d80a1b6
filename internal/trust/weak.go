package trust

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	// strongLength is how many characters an External ID should have beside what others know.
	strongLength = 16
	// strongDigits is the same for one of digits only, which hold less.
	strongDigits = 24
	// strongVariety is how many different characters it should have: sixteen random hex digits nearly always do.
	strongVariety = 7
)

// uuidV1 is a time and a network card's address, both of which can be guessed: see
// https://www.rfc-editor.org/rfc/rfc9562#section-5.1.
var (
	uuidV1   = regexp.MustCompile(`^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?1[0-9a-fA-F]{3}-?[89abAB][0-9a-fA-F]{3}-?[0-9a-fA-F]{12}$`)
	notWords = regexp.MustCompile(`[^a-z0-9]+`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
)

// Weakness says in plain words why others could guess an External ID that was issued elsewhere, or returns "" if nothing
// speaks for that. known are words that others know, such as the customer's name and the account ids. It is a rule of
// thumb and proves no strength.
func Weakness(externalID string, known ...string) string {
	plain := normal(externalID)
	for _, word := range known {
		if word = normal(word); word != "" && plain == word {
			return "it is a name or an account id that others know"
		}
	}
	left := without(plain, known)
	switch {
	case uuidV1.MatchString(externalID):
		return "it is a UUID of version 1, which is made of the time and a network card's address instead of random bits"
	case len(plain) < strongLength:
		return fmt.Sprintf("it has only %d letters and digits, fewer than %d", len(plain), strongLength)
	case variety(plain) < strongVariety:
		return fmt.Sprintf("it is made of only %d different characters", variety(plain))
	case regular(plain):
		return "most of its characters follow from the one before, as in \"abcd\" or \"1111\""
	case len(left) < strongLength:
		return fmt.Sprintf("without the names, account ids and common words in it only %d letters and digits are left, fewer than %d", len(left), strongLength)
	case digits.MatchString(plain) && len(plain) < strongDigits:
		return fmt.Sprintf("it is a number of %d digits, fewer than %d", len(plain), strongDigits)
	default:
		return ""
	}
}

// normal leaves what makes two words the same for a person who guesses.
func normal(s string) string { return notWords.ReplaceAllString(strings.ToLower(s), "") }

// without removes what others know, the longest first, so that "externalid" goes before "external".
func without(plain string, known []string) string {
	words := []string{
		"access", "account", "aws", "changeme", "client", "company", "customer", "default", "demo", "dev", "example", "external", "externalid",
		"integration", "partner", "password", "prod", "production", "role", "secret", "staging", "tenant", "test", "vendor",
	}
	for _, name := range known {
		words = append(words, normal(name))
		for _, part := range notWords.Split(strings.ToLower(name), -1) {
			if len(part) > 2 { // a shorter one is in any random text
				words = append(words, part)
			}
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, word := range words {
		if word != "" {
			plain = strings.ReplaceAll(plain, word, "")
		}
	}
	return plain
}

func variety(s string) int {
	seen := map[rune]bool{}
	for _, c := range s {
		seen[c] = true
	}
	return len(seen)
}

// regular reports whether more than half of the steps from one character to the next are by the same distance of -1, 0
// or 1.
func regular(s string) bool {
	steps := map[int]int{}
	for i := 1; i < len(s); i++ {
		steps[int(s[i])-int(s[i-1])]++
	}
	return 2*max(steps[-1], steps[0], steps[1]) > len(s)-1
}
