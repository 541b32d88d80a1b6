package cfn_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

// texts are all of up to so many letters.
func texts(alphabet string, most int) []string {
	all := []string{""}
	for from := 0; most > 0; most-- {
		to := len(all)
		for _, t := range all[from:to] {
			for _, letter := range alphabet {
				all = append(all, t+string(letter))
			}
		}
		from = to
	}
	return all
}

// Two patterns meet if, and only if, a text fits both; patterns of three letters need none of more than six.
func TestMeet(t *testing.T) {
	t.Parallel()
	fits := func(patterns []string, star string) map[string][]bool {
		found := map[string][]bool{}
		for _, p := range patterns {
			re := regexp.MustCompile("^" + strings.NewReplacer("*", star, "?", ".").Replace(p) + "$")
			for _, text := range texts("a:", 6) {
				found[p] = append(found[p], re.MatchString(text))
			}
		}
		return found
	}
	resources, others := fits(texts("a:*?", 3), ".*"), fits(texts("a:*", 3), "[^:]*")
	for r, inR := range resources {
		for o, inO := range others {
			want := false
			for i := range inR {
				want = want || inR[i] && inO[i]
			}
			if cfn.Meet(r, o) != want {
				t.Errorf("%q and %q: want %v", r, o, want)
			}
		}
	}
	if !cfn.Meet("ARN:aws:iam::*:Role/x", "arn:*:iam::*:role/*") {
		t.Error("case makes a difference")
	}
}
