package registry_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// TestDelivery_random drives deliveries through random events, as the receiver would raise them, and checks what must
// always hold.
func TestDelivery_random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1))
		d, now := fresh(), noon
		for step := range 40 {
			before := d
			now = now.Add(time.Duration(random.IntN(600)) * time.Second)
			what := randomEvent(random, &d, now)
			if broken := broken(before, d, what); broken != "" {
				t.Fatalf("seed %d, step %d, %s: %s\nbefore %+v\nafter  %+v", seed, step, what, broken, before, d)
			}
		}
	}
}

func randomEvent(random *rand.Rand, d *registry.Delivery, now time.Time) string {
	c := claim(fmt.Sprint("s", random.IntN(8)))
	c.At = now
	if random.IntN(4) == 0 {
		c.LogicalResourceID = "Callback2"
	}
	if random.IntN(5) == 0 {
		c.AccountID = "333333333333"
	}
	switch random.IntN(9) {
	case 0, 1:
		d.Claim(c)
		return "claim"
	case 2:
		d.Withdraw(c.StackID, c.LogicalResourceID)
		return "withdraw"
	case 3:
		d.Refuse(c.StackID, c.LogicalResourceID, "refused")
		return "refuse"
	case 4:
		if d.Yields(c, random.IntN(2) == 0) {
			d.Prove(c, "id-1", now)
			return "prove"
		}
	case 5:
		if d.OwnedBy(c.StackID, c.LogicalResourceID) {
			d.Leave(now)
			return "leave"
		}
	case 6, 7:
		d.Fail("failing", now)
		return "fail"
	case 8:
		d.Loosen("loose")
		return "loosen"
	}
	return "nothing"
}

func broken(before, after registry.Delivery, what string) string {
	owned := after.RoleARN != ""
	switch {
	case len(after.Claims) > registry.MaxClaims:
		return "too many claims"
	case after.Status == registry.Verified && (!owned || after.VerifiedAt.IsZero() || after.ProvenExternalIDSHA256 == ""):
		return "verified without proof"
	case before.Status != registry.Verified && after.Status == registry.Verified && what != "prove":
		return "verified by something else than proof"
	case before.Status == registry.Verified && after.Status != registry.Verified && what != "leave" && what != "fail" && what != "loosen":
		return "no longer verified for no reason of its own"
	case owned && (after.Status == registry.Pending || after.Status == registry.Rejected):
		return "a proven role is shown as if there were none"
	case before.RoleARN != "" && before.AccountID != after.AccountID:
		return "the account changed"
	case before.RoleARN != after.RoleARN && what != "prove":
		return "the role changed without proof"
	case after.Status == registry.Leaving && after.LeavingAt.IsZero():
		return "leaving since never"
	case after.Status == registry.Delivered && !owned && len(after.Claims) == 0:
		return "delivered by nobody"
	default:
		return ""
	}
}
