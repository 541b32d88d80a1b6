package trust

import (
	"context"
	"time"
)

// Script answers a probe: true lets it in, false denies it.
type Script func(externalID string) (allowed bool, err error)

type scripted struct {
	script  Script
	account string
	unknown error
}

func (s scripted) assume(_ context.Context, _, externalID string) (*session, error) {
	ok, err := s.script(externalID)
	if err != nil || !ok {
		return nil, err
	}
	return &session{}, nil
}

func (s scripted) identity(context.Context, *session) (string, error) { return s.account, s.unknown }

// SetIdentity says what GetCallerIdentity answers to a scripted Checker.
func SetIdentity(c *Checker, accountID string, err error) {
	if s, ok := c.probe.(scripted); ok {
		s.account, s.unknown = accountID, err
		c.probe = s
	}
}

// NewScripted returns a Checker whose probes are answered by a script, and whose pauses only move its clock. It ends
// ctx's time itself: after limit every pause fails.
func NewScripted(script Script, limit time.Duration) *Checker {
	start := time.Unix(0, 0)
	now := start
	return &Checker{
		partition: "aws", account: "111122223333", probe: scripted{script: script, account: "222222222222"},
		now: func() time.Time { return now },
		pause: func(_ context.Context, d time.Duration) error {
			if now = now.Add(d); now.Sub(start) > limit {
				return context.DeadlineExceeded
			}
			return nil
		},
	}
}

// Hurry makes a real Checker's pauses last next to nothing, on a clock that believes that they lasted.
func Hurry(c *Checker) *Checker {
	now := time.Unix(0, 0)
	c.now = func() time.Time { return now }
	c.pause = func(ctx context.Context, d time.Duration) error {
		now = now.Add(d)
		if now.After(time.Unix(600, 0)) {
			return context.DeadlineExceeded
		}
		return ctx.Err()
	}
	return c
}

// NewSpreading returns a Checker of a role that IAM has only begun to spread: the longer ago, the likelier it is that a host
// of STS knows it, up to full. chance gives numbers from 0 up to 1.
func NewSpreading(full time.Duration, chance func() float64, script Script) *Checker {
	c := NewScripted(nil, 3*time.Minute)
	start := c.now()
	c.probe = scripted{account: "222222222222", script: func(externalID string) (bool, error) {
		const request = 60 * time.Millisecond
		if err := c.pause(context.Background(), request); err != nil {
			return false, err
		}
		if chance() >= float64(c.now().Sub(start))/float64(full) {
			return false, nil
		}
		return script(externalID)
	}}
	return c
}
