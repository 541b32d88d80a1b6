package onboarding_test

import (
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
)

func TestRotates(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		from, to string
		want     bool
	}{
		"set for the first time": {"", "a", false},
		"unchanged":              {"a", "a", false},
		"changed":                {"a", "b", true},
		"removed":                {"a", "", false},
		"never set":              {"", "", false},
	} {
		if got := onboarding.Rotates(tt.from, tt.to); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Every turn that there is: refused is just what would cut off a live role.
func TestTurn_Refused(t *testing.T) {
	t.Parallel()
	refused := map[onboarding.Turn]onboarding.Refusal{
		{Live: true, Rotate: true, Finish: true}:                 onboarding.RefusedAtOnce,
		{Live: true, Rotate: true, Finish: true, Unproven: true}: onboarding.RefusedAtOnce,
		{Live: true, Rotate: true, Unproven: true}:               onboarding.RefusedSecond,
		{Live: true, Finish: true, Unproven: true}:               onboarding.RefusedFinish,
	}
	for n := range 16 {
		turn := onboarding.Turn{Rotate: n&1 != 0, Finish: n&2 != 0, Live: n&4 != 0, Unproven: n&8 != 0}
		if got := turn.Refused(); got != refused[turn] {
			t.Errorf("%+v: refused as %q, not %q", turn, got, refused[turn])
		}
	}
}
