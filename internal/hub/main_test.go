package hub_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

const (
	home  = "us-east-1"
	other = "eu-west-1"

	pollEvery = 50 * time.Millisecond
	patience  = time.Minute
)

func clientsOf(a *lab.Account) *awsclients.Clients { return awsclients.New(a.Config(home), nil) }

// specOf returns a hub in two regions for those accounts.
func specOf(t *testing.T, l *lab.Lab, customers ...*lab.Account) hub.Spec {
	t.Helper()
	options := lab.HubOptions{Regions: []string{home, other}}
	for _, c := range customers {
		options.AccountIDs = append(options.AccountIDs, c.ID)
	}
	spec, err := l.HubSpec(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// versionOf returns what payload would call the code in a release of that number.
func versionOf(number int, code []byte) string {
	sum := sha256.Sum256(code)
	return fmt.Sprintf("%d-%s", number, hex.EncodeToString(sum[:])[:12])
}

func apply(t *testing.T, partner *lab.Account, spec hub.Spec) *hub.Hub {
	t.Helper()
	h, err := hub.Apply(t.Context(), clientsOf(partner), spec, func(what string) { t.Log(what) })
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// changes returns how often the account asked for each operation that does more than look, since its n-th request.
func changes(l *lab.Lab, account *lab.Account, since int) map[string]int {
	out := map[string]int{}
	for _, r := range l.Requests(lab.Filter{AccountID: account.ID})[since:] {
		if !looks(r.Operation) {
			out[r.Operation+" in "+r.Region]++
		}
	}
	return out
}

// looks reports whether an operation changes nothing.
func looks(operation string) bool {
	for _, verb := range []string{"Describe", "Get", "Head", "List"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

func asked(l *lab.Lab, account *lab.Account) int {
	return len(l.Requests(lab.Filter{AccountID: account.ID}))
}
