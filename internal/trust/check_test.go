package trust_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

const (
	role  = "arn:aws:iam::222222222222:role/Acme"
	right = "RIGHT"

	patience = 90 * time.Second
)

// strict is a role as it should be.
func strict(externalID string) (bool, error) { return externalID == right, nil }

func TestChecker_passes(t *testing.T) {
	t.Parallel()
	var probes []string
	c := trust.NewScripted(func(id string) (bool, error) {
		if id != right && id != "" {
			id = "random"
		}
		probes = append(probes, id)
		return id == right, nil
	}, time.Hour)
	r, err := c.Check(t.Context(), patience, role, right)
	if err != nil || !r.Passed() || r.ExternalID != right || r.AccountID != "222222222222" || len(r.Findings) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	// Each denial stands between two passes, and each is seen twice.
	want := []string{right, "", right, "", right, "random", right, "random", right}
	for range 3 { // the first character wrong, the last one, the case
		want = append(want, "random", right)
	}
	if !slices.Equal(probes, want) {
		t.Errorf("the probes were %q, not %q", probes, want)
	}
}

func TestChecker_lateRole(t *testing.T) {
	t.Parallel()
	tries := 0
	c := trust.NewScripted(func(id string) (bool, error) {
		tries++
		return id == right && tries > 4, nil
	}, time.Hour)
	if r, err := c.Check(t.Context(), patience, role, right); err != nil || !r.Passed() {
		t.Errorf("a role that IAM spreads late: %+v, %v", r, err)
	}
}

func TestChecker_denied(t *testing.T) {
	t.Parallel()
	c := trust.NewScripted(func(string) (bool, error) { return false, nil }, 2*time.Minute)
	r, err := c.Check(t.Context(), patience, role, right)
	if err != nil || r.Assumable || r.Passed() || r.LetsOthersIn() || !slices.Equal(r.Findings, []string{trust.FindingDenied}) {
		t.Errorf("%+v, %v", r, err)
	}
}

// A role that lets others in is certain only when that lasts for a minute.
func TestChecker_loose(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		script  trust.Script
		finding string
	}{
		"no external id needed": {func(id string) (bool, error) { return id == right || id == "", nil }, trust.FindingMissing},
		"any external id":       {func(id string) (bool, error) { return id != "", nil }, trust.FindingWrong},
		"a prefix":              {func(id string) (bool, error) { return strings.HasPrefix(id, "RI"), nil }, trust.FindingWrong},
		"a suffix":              {func(id string) (bool, error) { return strings.HasSuffix(id, "HT"), nil }, trust.FindingWrong},
		"both ends":             {func(id string) (bool, error) { return strings.HasPrefix(id, "RI") && strings.HasSuffix(id, "HT"), nil }, trust.FindingWrong},
		"either case":           {func(id string) (bool, error) { return strings.EqualFold(id, right), nil }, trust.FindingWrong},
		"anything":              {func(string) (bool, error) { return true, nil }, trust.FindingMissing},
	} {
		r, err := trust.NewScripted(row.script, time.Hour).Check(t.Context(), patience, role, right)
		if err != nil || r.Passed() || !r.LetsOthersIn() || !slices.Equal(r.Findings, []string{row.finding}) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		r, err = trust.NewScripted(row.script, 30*time.Second).Check(t.Context(), patience, role, right)
		if err != nil || r.Passed() || r.LetsOthersIn() {
			t.Errorf("%s, with half a minute: %+v, %v", name, r, err)
		}
	}
}

// A pattern whose wildcard stands anywhere in the External ID is found in some of the checks, for as long as there are more of them.
func TestChecker_wildcardAnywhere(t *testing.T) {
	t.Parallel()
	const id = "acme-7-customer-prod-eu"
	for name, pattern := range map[string]string{
		"any characters": `^acme-.*-customer-prod-eu$`, "one character": `^acme-.-customer-prod-eu$`, "the second character": `^a.me-7-customer-prod-eu$`,
		"the last but one": `^acme-7-customer-prod-.u$`,
	} {
		matches := regexp.MustCompile(pattern).MatchString
		found := 0
		const checks = 1000
		for range checks {
			r, err := trust.NewScripted(func(id string) (bool, error) { return matches(id), nil }, time.Hour).Check(t.Context(), patience, role, id)
			if err != nil || r.Passed() == r.LetsOthersIn() {
				t.Fatalf("%s: %+v, %v", name, r, err)
			}
			if r.LetsOthersIn() {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%s: not found in %d checks", name, checks)
		}
	}
}

// An old trust policy that IAM still spreads lets others in for a while; then the role is as it should be.
func TestChecker_tightened(t *testing.T) {
	t.Parallel()
	loose := 6
	r, err := trust.NewScripted(func(id string) (bool, error) {
		if id == "" && loose > 0 {
			loose--
			return true, nil
		}
		return id == right, nil
	}, time.Hour).Check(t.Context(), patience, role, right)
	if err != nil || !r.Passed() {
		t.Errorf("%+v, %v", r, err)
	}
}

// While IAM spreads a new role, hosts of STS that do not know it yet deny what it would allow.
func TestChecker_spreading(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2)).Float64
	const tries = 3000
	for _, full := range []time.Duration{4 * time.Second, 15 * time.Second, 30 * time.Second} {
		open, good := 0, 0
		for range tries {
			if r, err := trust.NewSpreading(full, chance, func(string) (bool, error) { return true, nil }).Check(t.Context(), patience, role, right); err == nil && r.Passed() {
				open++
			}
			if r, err := trust.NewSpreading(full, chance, strict).Check(t.Context(), patience, role, right); err == nil && r.Passed() {
				good++
			}
		}
		if open > 2 || good != tries {
			t.Errorf("spread within %s: of %d roles that are open %d passed, of those that are right %d", full, tries, open, good)
		}
	}
}

// A denial without a pass after it may only mean that the role is gone.
func TestChecker_vanishes(t *testing.T) {
	t.Parallel()
	probes := 0
	r, err := trust.NewScripted(func(id string) (bool, error) {
		probes++
		return id == right && probes < 4, nil
	}, time.Minute).Check(t.Context(), patience, role, right)
	if err != nil || r.Passed() || r.LetsOthersIn() {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestChecker_rotation(t *testing.T) {
	t.Parallel()
	r, err := trust.NewScripted(strict, time.Hour).Check(t.Context(), patience, role, "NEW", right)
	if err != nil || !r.Passed() || r.ExternalID != right {
		t.Errorf("the stack that has not been updated yet: %+v, %v", r, err)
	}
}

// While rotating, two External IDs that are nearly the same are both right.
func TestChecker_rotationNearby(t *testing.T) {
	t.Parallel()
	ids := []string{"acme-1", "acme-x", "ACME-1", "xcme-1"}
	for _, first := range ids {
		r, err := trust.NewScripted(func(id string) (bool, error) { return slices.Contains(ids, id), nil }, time.Hour).Check(t.Context(), patience, role, append([]string{first}, ids...)...)
		if err != nil || !r.Passed() {
			t.Errorf("%s: %+v, %v", first, r, err)
		}
	}
}

// A message may name any role: one of the partner's own, or of another partition, is never probed.
func TestChecker_neverProbed(t *testing.T) {
	t.Parallel()
	c := trust.NewScripted(func(string) (bool, error) {
		t.Error("a probe was made")
		return true, nil
	}, time.Hour)
	for arn, want := range map[string]error{
		"arn:aws:iam::111122223333:role/admin":    trust.ErrOwnAccount,
		"arn:aws-cn:iam::222222222222:role/admin": trust.ErrPartition,
	} {
		if _, err := c.Check(t.Context(), patience, arn, right); !errors.Is(err, want) {
			t.Errorf("%s: %v", arn, err)
		}
	}
	if _, err := c.Check(t.Context(), patience, "arn:aws:iam::222222222222:user/x", right); err == nil {
		t.Error("a user was taken for a role")
	}
}

// An External ID that has no room for another in its middle.
func TestChecker_longExternalID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1224)
	r, err := trust.NewScripted(func(id string) (bool, error) {
		if id != "" && trust.ValidateExternalID(id) != nil {
			t.Errorf("%q is no External ID", id)
		}
		return id == long, nil
	}, time.Hour).Check(t.Context(), patience, role, long)
	if err != nil || !r.Passed() {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestChecker_stsFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("no answer")
	for after := range 15 {
		n := 0
		_, err := trust.NewScripted(func(id string) (bool, error) {
			if n++; n > after {
				return false, broken
			}
			return id == right, nil
		}, time.Hour).Check(t.Context(), patience, role, right)
		if !errors.Is(err, broken) {
			t.Errorf("STS fails at probe %d: %v", after+1, err)
		}
	}
}

// When the time ends in the middle, what is certain stays and nothing is made up: no answer is no denial.
func TestChecker_timeEnds(t *testing.T) {
	t.Parallel()
	for after := range 15 {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		r, err := trust.NewScripted(func(id string) (bool, error) {
			if n++; n > after {
				cancel()
				return false, ctx.Err()
			}
			return id == right, nil
		}, time.Hour).Check(ctx, patience, role, right)
		if r.Passed() || r.LetsOthersIn() || r.Assumable != (after > 0) {
			t.Errorf("time ends at probe %d: %+v", after+1, r)
		}
		if (err != nil) != (after == 0) {
			t.Errorf("time ends at probe %d: %v", after+1, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	r, err := trust.NewScripted(func(string) (bool, error) {
		if n++; n > 1 {
			cancel()
			return false, ctx.Err()
		}
		return false, nil
	}, time.Hour).Check(ctx, patience, role, right)
	if err != nil || r.Assumable || !slices.Equal(r.Findings, []string{trust.FindingDenied}) {
		t.Errorf("time ends after a denial: %+v, %v", r, err)
	}
}

// The session's account is asked for, and no answer is not taken for the right one.
func TestChecker_identity(t *testing.T) {
	t.Parallel()
	c := trust.NewScripted(strict, time.Hour)
	trust.SetIdentity(c, "333333333333", nil)
	if r, err := c.Check(t.Context(), patience, role, right); err != nil || r.AccountID != "333333333333" {
		t.Errorf("%+v, %v", r, err)
	}
	broken := errors.New("no answer")
	trust.SetIdentity(c, "", broken)
	if r, err := c.Check(t.Context(), patience, role, right); !errors.Is(err, broken) || r.Passed() {
		t.Errorf("%+v, %v", r, err)
	}
}

// A damaged registry must not turn the right External ID's probe into one without any.
func TestChecker_badExternalIDs(t *testing.T) {
	t.Parallel()
	c := trust.NewScripted(func(string) (bool, error) {
		t.Error("a probe was made")
		return true, nil
	}, time.Hour)
	for name, ids := range map[string][]string{"none": nil, "empty": {""}, "second empty": {right, ""}, "one character": {"x"}} {
		if gone, err := c.Gone(t.Context(), role, ids...); err == nil || gone {
			t.Errorf("%s: gone %v without an error", name, gone)
		}
		if _, err := c.Check(t.Context(), patience, role, ids...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestChecker_gone(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		script trust.Script
		gone   bool
	}{
		"stands": {strict, false},
		"gone":   {func(string) (bool, error) { return false, nil }, true},
	} {
		gone, err := trust.NewScripted(row.script, time.Hour).Gone(t.Context(), role, "OLD", right)
		if err != nil || gone != row.gone {
			t.Errorf("%s: %v, %v", name, gone, err)
		}
	}
	tries := 0
	gone, err := trust.NewScripted(func(string) (bool, error) { tries++; return tries == 2, nil }, time.Hour).Gone(t.Context(), role, right)
	if err != nil || gone {
		t.Errorf("denied once only: %v, %v", gone, err)
	}
}

func TestExternalID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := trust.NewExternalID()
		// 26 characters of 32 are 130 bits.
		if len(id) < 26 || seen[id] || trust.ValidateExternalID(id) != nil {
			t.Fatalf("%q", id)
		}
		seen[id] = true
	}
	for _, good := range []string{"ab", "a+b=c,d.e@f:g/h-i_j", strings.Repeat("x", 1224)} {
		if err := trust.ValidateExternalID(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a", "a b", "a#b", "ab\n", "ümlaut", strings.Repeat("x", 1225)} {
		if trust.ValidateExternalID(bad) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
