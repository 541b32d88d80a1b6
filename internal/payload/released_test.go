package payload_test

import (
	"crypto/sha256"
	_ "embed" // what was released
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/payload"
)

// released.json is what each release carried: the number to the architecture to the SHA-256 of the zip. A release adds its
// own; nothing in it is ever changed.
//
//go:embed released.json
var released []byte

// checkNumber wants the number to grow with a receiver that differs from the last released one: a provider would take it
// for the same, or not know which of two is newer.
func checkNumber(number int, carried map[string]string, released map[string]map[string]string) error {
	last := 0
	for key := range released {
		n, err := strconv.Atoi(key)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of a receiver", key)
		}
		last = max(last, n)
	}
	switch {
	case number < last:
		return fmt.Errorf("payload.Number is %d, and %d was released", number, last)
	case number == last && !maps.Equal(carried, released[strconv.Itoa(last)]):
		return fmt.Errorf("the receiver is not the one that was released as number %d: make payload.Number %d", last, last+1)
	case number > last+1:
		return fmt.Errorf("payload.Number is %d, and the last released one is %d", number, last)
	}
	return nil
}

func TestNumber(t *testing.T) {
	t.Parallel()
	var all map[string]map[string]string
	if err := json.Unmarshal(released, &all); err != nil {
		t.Fatal(err)
	}
	carried := map[string]string{}
	for _, arch := range []string{"arm64", "x86_64"} {
		zip, _, err := payload.Receiver(arch)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(zip)
		carried[arch] = hex.EncodeToString(sum[:])
	}
	if err := checkNumber(payload.Number, carried, all); err != nil {
		t.Error(err)
	}
}

func TestNumber_refused(t *testing.T) {
	t.Parallel()
	one, two := map[string]string{"arm64": "a", "x86_64": "b"}, map[string]string{"arm64": "a", "x86_64": "c"}
	for name, row := range map[string]struct {
		number   int
		carried  map[string]string
		released map[string]map[string]string
		ok       bool
	}{
		"before the first release":      {1, one, nil, true},
		"the released one":              {1, one, map[string]map[string]string{"1": one}, true},
		"another with the next number":  {2, two, map[string]map[string]string{"1": one}, true},
		"another with the same number":  {1, two, map[string]map[string]string{"1": one}, false},
		"an older number":               {1, one, map[string]map[string]string{"1": one, "2": two}, false},
		"the tenth is after the second": {9, one, map[string]map[string]string{"2": two, "10": one}, false},
		"a number left out":             {3, two, map[string]map[string]string{"1": one}, false},
		"no number":                     {1, one, map[string]map[string]string{"one": one}, false},
	} {
		if err := checkNumber(row.number, row.carried, row.released); (err == nil) != row.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
