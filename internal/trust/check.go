package trust

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Verdict is what the probes say about one thing that a role must refuse.
type Verdict int

// Unknown means that it was not settled: the right External ID was never accepted, or time ran out.
const (
	Unknown Verdict = iota
	Yes
	No
)

// Result is what a trust check found.
type Result struct {
	// Assumable is whether the role accepted one of the External IDs.
	Assumable bool
	// ExternalID is the one that it accepted.
	ExternalID string
	// RefusesMissing and RefusesWrong are whether it refuses to be assumed without an External ID and with a random one.
	RefusesMissing Verdict
	RefusesWrong   Verdict
	// AccountID is what GetCallerIdentity says in the role's session.
	AccountID string
	// Findings say in plain words what is wrong, the gravest first.
	Findings []string
}

// Passed reports whether the role is proven.
func (r Result) Passed() bool {
	return r.Assumable && r.RefusesMissing == Yes && r.RefusesWrong == Yes
}

// LetsOthersIn reports whether it is certain that the role does not ask for the External ID.
func (r Result) LetsOthersIn() bool { return r.RefusesMissing == No || r.RefusesWrong == No }

// The findings, in words for the partner.
const (
	FindingMissing = "the role can be assumed without an External ID, so that anybody may be given it by us (confused deputy)"
	FindingWrong   = "the role can be assumed with a wrong External ID: its trust policy compares it with a pattern, without case, with IfExists or with a set operator"
	FindingDenied  = "the role cannot be assumed yet: its trust policy may ask for another External ID or let in somebody else, " +
		"IAM may still be spreading it, or there is no role of that ARN (any more), or a service or resource control policy, " +
		"a permissions boundary or our own policy denies it"
	FindingUnsettled = "the role can be assumed, but whether it refuses others was not settled in time"
	FindingOurs      = "whether the role refuses others cannot be seen from here: our own policy denied the probe before the role could, since it allows sts:AssumeRole with " +
		"certain External IDs only; check with a principal whose sts:AssumeRole has no condition on sts:ExternalId"
)

// errOurs says that a policy on our side denied a probe, so that it tells nothing of the role.
var errOurs = errors.New("our own policy denies sts:AssumeRole, before the role is asked")

// ErrOwnAccount says that a role is of the partner's own account, which is never probed: a message could name any.
var ErrOwnAccount = errors.New("the role is of the partner's own account")

// ErrPartition says that a role is of another partition, where our credentials mean nothing.
var ErrPartition = errors.New("the role is of another partition")

const (
	// negativeTime is for how long a probe that should fail must go on passing before that is certain: IAM may still be
	// spreading a policy that was just tightened (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html).
	negativeTime  = time.Minute
	negativePause = 5 * time.Second
	// rounds is how often a denial must be seen between two passes.
	rounds     = 2
	roundPause = time.Second
	// CheckTime is what a check needs beside its patience to be certain of a role that lets others in.
	CheckTime  = negativeTime + 30*time.Second
	firstRetry = 500 * time.Millisecond
	longRetry  = 8 * time.Second
)

// prober is one sts:AssumeRole try. A denial is no session and no error, or errOurs.
type prober interface {
	assume(ctx context.Context, roleARN, externalID string) (session *session, err error)
	identity(ctx context.Context, s *session) (accountID string, err error)
}

// Checker proves roles. It is safe for concurrent use.
type Checker struct {
	partition string
	account   string
	probe     prober
	now       func() time.Time
	pause     func(ctx context.Context, d time.Duration) error
}

// Check proves a role: it can be assumed with one of the External IDs (tried in order, so that a rotation under way
// passes with either), and neither without one nor with a wrong one. A role that is not assumable yet is tried for as
// long as patience, or until ctx ends. Without an error the result says what is certain; an error means that nothing
// can be said: ErrOwnAccount and ErrPartition before any request, an External ID that is none, STS did not answer, or policies of our own
// denied what the role may allow. That ctx ended before a first answer is an error too: no answer is no denial.
func (c *Checker) Check(ctx context.Context, patience time.Duration, roleARN string, externalIDs ...string) (Result, error) {
	role, err := partition.ParseRoleARN(roleARN)
	switch {
	case err != nil:
		return Result{}, err
	case role.AccountID == c.account:
		return Result{}, ErrOwnAccount
	case role.Partition != c.partition:
		return Result{}, ErrPartition
	}
	if err := validAll(externalIDs); err != nil {
		return Result{}, err
	}
	p := &proof{Checker: c, patience: patience, role: roleARN, ids: externalIDs, denial: FindingDenied}
	return p.run(ctx)
}

// validAll keeps a damaged registry from turning a probe with the right External ID into one without any.
func validAll(externalIDs []string) error {
	if len(externalIDs) == 0 {
		return errors.New("there is no External ID to probe with")
	}
	for _, id := range externalIDs {
		if err := ValidateExternalID(id); err != nil {
			return err
		}
	}
	return nil
}

// Gone reports whether a role that was proven before can no longer be assumed with any of the External IDs: denied each
// time in as many rounds as a check has.
func (c *Checker) Gone(ctx context.Context, roleARN string, externalIDs ...string) (bool, error) {
	if err := validAll(externalIDs); err != nil {
		return false, err
	}
	for n := range rounds {
		if n > 0 && !c.waited(ctx, roundPause) {
			return false, nil
		}
		for _, id := range externalIDs {
			s, err := c.probe.assume(ctx, roleARN, id)
			if _, off := errors.AsType[*offError](err); off || errors.Is(err, errOurs) {
				return false, nil // the role was not asked
			}
			if err != nil || s != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// proof is one check under way.
type proof struct {
	*Checker
	patience time.Duration
	role     string
	ids      []string
	result   Result
	// denial is the finding if the role cannot be assumed.
	denial string
}

func (p *proof) run(ctx context.Context) (Result, error) {
	s, _, err := p.positive(ctx)
	if err != nil || s == nil {
		return p.finish(p.denial), err
	}
	p.result.Assumable = true
	if p.result.AccountID, err = p.probe.identity(ctx, s); err != nil {
		return p.finish(FindingUnsettled), p.orUnsettled(ctx, err)
	}
	if p.result.RefusesMissing, err = p.refuses(ctx, "", rounds); err != nil {
		return p.unsettled(ctx, err)
	}
	if p.result.RefusesMissing == No {
		return p.finish(FindingMissing), nil
	}
	p.result.RefusesWrong, err = p.refusesWrong(ctx)
	switch {
	case err != nil:
		return p.unsettled(ctx, err)
	case p.result.RefusesWrong == No:
		return p.finish(FindingWrong), nil
	default:
		return p.finish(FindingUnsettled), nil
	}
}

// refusesWrong tries an External ID with a random one in it, and some that are nearly right: a pattern such as "acme-*", or a
// comparison that ignores case, refuses the first only. One that is trusted too, while rotating, is not wrong.
func (p *proof) refusesWrong(ctx context.Context) (Verdict, error) {
	v, err := p.refuses(ctx, within(p.result.ExternalID), 1)
	for _, wrong := range nearly(p.result.ExternalID) {
		if slices.Contains(p.ids, wrong) {
			continue
		}
		if err != nil || v != Yes {
			return v, err
		}
		v, err = p.refuses(ctx, wrong, 1)
	}
	return v, err
}

// within returns the right External ID with a random one in its middle, which a pattern such as "acme-*-prod" takes; a
// random one alone if that is too long.
func within(right string) string {
	random, half := NewExternalID(), len(right)/2
	if id := right[:half] + random + right[half:]; ValidateExternalID(id) == nil {
		return id
	}
	return random
}

// nearly returns External IDs that differ from the right one in its first character, its last one, and its case, and before those
// in one somewhere between: where is left to chance, so that a pattern with its wildcard anywhere is found by one of the checks.
func nearly(right string) []string {
	other := func(c byte) string {
		if c == 'x' {
			return "y"
		}
		return "x"
	}
	last := len(right) - 1
	somewhere := 1 + below(max(1, last-1))
	var near []string
	for _, at := range []int{somewhere, 0, last} {
		near = append(near, right[:at]+other(right[at])+right[at+1:])
	}
	swapped := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, right)
	if swapped != right {
		near = append(near, swapped)
	}
	return near
}

// below returns a random number from 0 up to n.
func below(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // as crypto/rand says, it never fails
	}
	return int(i.Int64())
}

func (p *proof) finish(finding string) Result {
	if !p.result.Passed() {
		p.result.Findings = append(p.result.Findings, finding)
	}
	return p.result
}

func (p *proof) unsettled(ctx context.Context, err error) (Result, error) {
	if errors.Is(err, errOurs) {
		return p.finish(FindingOurs), nil
	}
	return p.finish(FindingUnsettled), p.orUnsettled(ctx, err)
}

// orUnsettled keeps apart that time ran out, which leaves what is known, and that STS could not be asked.
func (p *proof) orUnsettled(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// waited is false when ctx ended first.
func (c *Checker) waited(ctx context.Context, d time.Duration) bool { return c.pause(ctx, d) == nil }

// positive tries the External IDs until one is accepted, or patience or ctx ends, when the session is nil if all were
// denied, and errOurs is returned if it was not always the role that denied them in the end. denied is whether all of them were
// before one was accepted.
func (p *proof) positive(ctx context.Context) (s *session, denied bool, err error) {
	start := p.now()
	var last error // of the last round
	for wait := firstRetry; ; wait = min(2*wait, longRetry) {
		var ours error
		for _, id := range p.ids {
			s, err := p.assume(ctx, id)
			switch {
			case errors.Is(err, errOurs):
				ours = err
			case err != nil && denied && ctx.Err() != nil:
				return nil, denied, last // what the last round said holds
			case err != nil:
				return nil, denied, err
			case s != nil:
				p.result.ExternalID = id
				return s, denied, nil
			}
		}
		denied, last = true, ours
		if p.now().Sub(start) >= p.patience || !p.waited(ctx, wait) {
			return nil, denied, last
		}
	}
}

// refuses settles whether the role refuses an External ID (none, if empty). A denial counts only between two passes of
// the right one, in each of the rounds: alone it may mean that the role just cannot be reached. Where the right one was
// denied too, IAM is still spreading the role, and the rounds begin anew. A pass counts only if it lasts.
func (p *proof) refuses(ctx context.Context, externalID string, rounds int) (Verdict, error) {
	var passingSince time.Time
	start := p.now()
	for denied := 0; denied < rounds; {
		s, err := p.assume(ctx, externalID)
		if err != nil {
			return Unknown, err
		}
		wait := roundPause
		switch {
		case s == nil:
			passingSince = time.Time{}
			again, spreading, err := p.positive(ctx)
			if err != nil || again == nil {
				return Unknown, err
			}
			if denied++; spreading {
				denied = 0
				if p.now().Sub(start) >= p.patience {
					return Unknown, nil
				}
			}
		case passingSince.IsZero():
			passingSince, denied, wait = p.now(), 0, negativePause
		case p.now().Sub(passingSince) >= negativeTime:
			return No, nil
		default:
			wait = negativePause
		}
		if denied < rounds && !p.waited(ctx, wait) {
			return Unknown, nil
		}
	}
	return Yes, nil
}
