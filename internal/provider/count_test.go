package provider_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

// counter counts the requests that the partner's account made since the last reset.
type counter struct {
	world world
	mu    sync.Mutex
	since time.Time
}

func (w world) counter() *counter { return &counter{world: w, since: time.Now()} }

func (w world) clients() *awsclients.Clients {
	return awsclients.New(w.partner.Config(w.hub.Region), nil)
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Now()
}

func (c *counter) operations() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, r := range c.world.lab.Requests(lab.Filter{AccountID: c.world.partner.ID, Since: c.since}) {
		out = append(out, r.Operation)
	}
	return out
}

func (c *counter) exactly(phase string, want ...string) error {
	if got := c.operations(); !slices.Equal(got, want) {
		return fmt.Errorf("%s made the requests %v, not %v", phase, got, want)
	}
	return nil
}

// first wants the phase's requests before those of the refreshes that follow it.
func (c *counter) first(phase string, want ...string) error {
	got := c.operations()
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		return fmt.Errorf("%s made the requests %v, not %v first", phase, got, want)
	}
	return nil
}

// perRefresh wants nothing but whole refreshes, each made of these requests.
func (c *counter) perRefresh(want ...string) error {
	got := c.operations()
	if len(got) == 0 || len(got)%len(want) != 0 {
		return fmt.Errorf("refreshes made the requests %v, not %v each", got, want)
	}
	for i := range len(got) / len(want) {
		if part := got[i*len(want) : (i+1)*len(want)]; !slices.Equal(part, want) {
			return fmt.Errorf("a refresh made the requests %v, not %v", part, want)
		}
	}
	return nil
}
