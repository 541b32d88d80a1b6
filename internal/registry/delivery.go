package registry

import (
	"slices"
	"time"
)

const (
	// MaxClaims is how many unproven stacks a delivery remembers.
	MaxClaims = 5
	// MaxAnswers is how many answers a delivery keeps for duplicates of their requests.
	MaxAnswers = 16
	// SettleTime is for how long a role must fail the probe with the right External ID before it counts as gone, and
	// for how long it must have stood after its stack's Delete before that counts as forged or the role as retained.
	SettleTime = 10 * time.Minute
)

// Delivery is what came back for an offer, and what the receiver made of it. The stack fields, from AccountID to
// ProvenExternalIDSHA256, are of the owner: the stack whose role passed the trust check last. They are empty before.
type Delivery struct {
	Name string `dynamodbav:"name"`
	// OfferID is of the offer that was answered.
	OfferID string `dynamodbav:"offer_id"`
	// Revision is the one that was read; zero for a delivery that is not in the table yet.
	Revision int64  `dynamodbav:"revision"`
	Status   Status `dynamodbav:"status"`
	// Reason says why the status is not Verified, in words for the partner.
	Reason            string `dynamodbav:"reason,omitempty"`
	AccountID         string `dynamodbav:"account_id,omitempty"`
	RoleARN           string `dynamodbav:"role_arn,omitempty"`
	StackID           string `dynamodbav:"stack_id,omitempty"`
	LogicalResourceID string `dynamodbav:"logical_resource_id,omitempty"`
	Region            string `dynamodbav:"region,omitempty"`
	TemplateVersion   string `dynamodbav:"template_version,omitempty"`
	// ProvenExternalIDSHA256 is of the External ID that the role was seen to demand, in hex.
	ProvenExternalIDSHA256 string    `dynamodbav:"proven_external_id_sha256,omitempty"`
	DeliveredAt            time.Time `dynamodbav:"delivered_at,omitempty"`
	// VerifiedAt is when the trust check last passed; it stays when the role is lost.
	VerifiedAt time.Time `dynamodbav:"verified_at,omitempty"`
	LeavingAt  time.Time `dynamodbav:"leaving_at,omitempty"`
	// RequestedAt is when the owner's last request that counted was sent: an older one that comes later must change
	// nothing.
	RequestedAt time.Time `dynamodbav:"requested_at,omitempty"`
	// FailingSince is when the probe with the right External ID began to fail.
	FailingSince time.Time `dynamodbav:"failing_since,omitempty"`
	// DueAt is when the receiver must look at it again, to the second; zero for never.
	DueAt time.Time `dynamodbav:"-"`
	// Unannounced are the changes of status that were not told of yet, the latest last, MaxUnannounced at most.
	Unannounced []Change `dynamodbav:"unannounced,omitempty"`
	// Claims are the stacks that delivered an ARN which is not proven, the latest last, MaxClaims at most.
	Claims []Claim `dynamodbav:"claims,omitempty"`
	// Answers are what stacks were told, the latest last, MaxAnswers at most.
	Answers []Answer `dynamodbav:"answers,omitempty"`
}

// Claim is what one stack says of itself. At is when it said so. Answered claims are CloudFormation's own: it took the
// answer at a place that only it can open, for that stack and request. Of all others, anybody who may publish to the
// topic may be the author.
type Claim struct {
	StackID           string    `dynamodbav:"stack_id"`
	LogicalResourceID string    `dynamodbav:"logical_resource_id"`
	RoleARN           string    `dynamodbav:"role_arn"`
	AccountID         string    `dynamodbav:"account_id"`
	Region            string    `dynamodbav:"region,omitempty"`
	TemplateVersion   string    `dynamodbav:"template_version,omitempty"`
	Reason            string    `dynamodbav:"reason,omitempty"`
	At                time.Time `dynamodbav:"at"`
	Answered          bool      `dynamodbav:"answered,omitempty"`
}

func (c Claim) of(stackID, logicalResourceID string) bool {
	return c.StackID == stackID && c.LogicalResourceID == logicalResourceID
}

// Answer is what a stack was told about one request.
type Answer struct {
	StackID            string `dynamodbav:"stack_id"`
	RequestID          string `dynamodbav:"request_id"`
	Status             string `dynamodbav:"status"`
	Reason             string `dynamodbav:"reason,omitempty"`
	PhysicalResourceID string `dynamodbav:"physical_resource_id"`
	// TemplateVersion is of the template that the request was about.
	TemplateVersion string `dynamodbav:"template_version,omitempty"`
	// LogicalResourceID and LeftAt are of a Delete only: the resource that goes, and when it said so.
	LogicalResourceID string    `dynamodbav:"logical_resource_id,omitempty"`
	LeftAt            time.Time `dynamodbav:"left_at,omitempty"`
}

// OwnedBy reports whether that resource of that stack is the one whose role was proven: only its Delete counts.
func (d *Delivery) OwnedBy(stackID, logicalResourceID string) bool {
	return d.StackID != "" && d.StackID == stackID && d.LogicalResourceID == logicalResourceID
}

// Claimed reports whether that resource of that stack waits to be proven.
func (d *Delivery) Claimed(stackID, logicalResourceID string) bool {
	return slices.ContainsFunc(d.Claims, func(c Claim) bool { return c.of(stackID, logicalResourceID) })
}

// Yields reports whether a stack whose own role has passed the trust check may become the owner. The account, once
// proven, never changes; the same stack may report through another resource, which its update put in the place of the former
// one; another stack takes over when the recorded role is gone (a probe has just failed, as the
// caller says, or the status says so), or when its role is the same and no other stack stands behind that.
func (d *Delivery) Yields(c Claim, gone bool) bool {
	switch {
	case d.RoleARN == "":
		return true
	case d.AccountID != c.AccountID:
		return false
	default:
		if d.StackID != "" && d.StackID == c.StackID || gone || d.Status == Disconnected {
			return true
		}
		// That the role is the same proves nothing about who reports it: anybody may name it. Only where no stack stands
		// behind it, or that one has said that it goes, may another speak for it.
		return d.RoleARN == c.RoleARN && (d.StackID == "" || d.Status == Leaving)
	}
}

// Follows reports whether a claim is what the owner's own stack said after what was proven. An update may put another resource in the
// place of the one that reported, and take that back: when the owner has said that it goes, any other of its stack that did not
// speaks for the stack.
func (d *Delivery) Follows(c Claim) bool {
	return d.StackID != "" && c.StackID == d.StackID && (c.At.After(d.RequestedAt) || d.Status == Leaving && c.LogicalResourceID != d.LogicalResourceID)
}

// Claim records that a stack delivered an ARN which cannot be proven yet. It takes the place of the stack's former
// claim, or of the oldest when there are MaxClaims; but never that of an answered one unless it is answered itself, or
// whoever may publish could make a real stack be forgotten. Nothing else changes once a role was proven.
func (d *Delivery) Claim(c Claim) {
	kept := slices.DeleteFunc(slices.Clone(d.Claims), func(old Claim) bool { return old.of(c.StackID, c.LogicalResourceID) && (c.Answered || !old.Answered) })
	if len(kept) >= MaxClaims {
		oldest := max(0, slices.IndexFunc(kept, func(old Claim) bool { return !old.Answered }))
		if kept[oldest].Answered && !c.Answered {
			return
		}
		kept = slices.Delete(kept, oldest, oldest+1)
	}
	d.Claims = slices.Concat(kept, []Claim{c})
	d.Status = d.Status.After(Claimed)
	if d.RoleARN == "" {
		d.DeliveredAt, d.Reason = c.At, c.Reason
	}
}

// Waiting returns the claims, those to be tried first in front: answered ones before the others, each the latest first.
func (d *Delivery) Waiting() []Claim {
	all := slices.Clone(d.Claims)
	slices.Reverse(all)
	slices.SortStableFunc(all, func(a, b Claim) int {
		switch {
		case a.Answered == b.Answered:
			return 0
		case a.Answered:
			return -1
		default:
			return 1
		}
	})
	return all
}

// Withdraw records the Delete of a stack that is not the owner: its claim goes, if it had one.
func (d *Delivery) Withdraw(stackID, logicalResourceID string) {
	if !d.dropClaim(stackID, logicalResourceID) || len(d.Claims) > 0 || d.RoleARN != "" {
		return
	}
	d.Status = d.Status.After(Withdrawn)
	d.DeliveredAt, d.Reason = time.Time{}, ""
}

// Refuse records that what a stack delivered is definitely wrong. It shows only as long as no role was ever proven and
// no other stack waits to be.
func (d *Delivery) Refuse(stackID, logicalResourceID, reason string) {
	d.dropClaim(stackID, logicalResourceID)
	if !d.VerifiedAt.IsZero() || len(d.Claims) > 0 {
		return
	}
	d.Status = d.Status.After(Refused)
	d.Reason = reason
}

// Prove records that the role of a claim passed the trust check with that External ID: the claim's stack is the owner
// from now on. The caller has asked Yields before, and raises it for a Leaving role only on a new delivery or when the
// role still stands SettleTime after LeavingAt. A role without a stack has a claim with just ARN and account. What
// the stack has reported since, which may be that an Update replaced the role, is kept; so is the resource of the same stack that
// was the owner, as the oldest claim, until its Delete: a rollback makes it the owner again without a word.
func (d *Delivery) Prove(c Claim, externalID string, at time.Time) {
	d.Claims = slices.DeleteFunc(slices.Clone(d.Claims), func(old Claim) bool {
		return old.of(c.StackID, c.LogicalResourceID) && !old.At.After(c.At)
	})
	former := d.Owner()
	replaced := former.StackID != "" && former.StackID == c.StackID && former.LogicalResourceID != c.LogicalResourceID
	if replaced && d.Status != Leaving && !d.Claimed(former.StackID, former.LogicalResourceID) && len(d.Claims) < MaxClaims {
		d.Claims = slices.Insert(d.Claims, 0, former)
	}
	if d.RoleARN != c.RoleARN || d.StackID != c.StackID || d.DeliveredAt.IsZero() {
		d.DeliveredAt = c.At
	}
	d.Status = d.Status.After(Proved)
	d.AccountID, d.RoleARN = c.AccountID, c.RoleARN
	d.StackID, d.LogicalResourceID = c.StackID, c.LogicalResourceID
	d.Region, d.TemplateVersion = c.Region, c.TemplateVersion
	d.ProvenExternalIDSHA256 = hexSHA256(externalID)
	d.VerifiedAt, d.RequestedAt = at, c.At
	d.LeavingAt, d.FailingSince, d.DueAt, d.Reason = time.Time{}, time.Time{}, time.Time{}, ""
}

// Owner returns what is known of the owner, to probe it again and Prove it. It is the zero Claim before the first
// proof.
func (d *Delivery) Owner() Claim {
	return Claim{
		StackID: d.StackID, LogicalResourceID: d.LogicalResourceID, RoleARN: d.RoleARN, AccountID: d.AccountID,
		Region: d.Region, TemplateVersion: d.TemplateVersion, At: d.RequestedAt,
	}
}

// Loosen records that the owner's role was seen to let others in.
func (d *Delivery) Loosen(reason string) {
	if d.RoleARN == "" {
		return
	}
	d.Status = d.Status.After(Loosened)
	d.FailingSince, d.Reason = time.Time{}, reason
}

// Fail records that the owner's role could not be assumed with the right External ID. When that has been so for
// SettleTime the role is gone.
func (d *Delivery) Fail(reason string, at time.Time) {
	if d.RoleARN == "" {
		return
	}
	if d.FailingSince.IsZero() {
		d.FailingSince = at
	}
	if at.Sub(d.FailingSince) >= SettleTime {
		d.Status = d.Status.After(Gone)
	}
	if d.Status != Verified {
		d.Reason = reason
	}
}

// Leave records the owner's Delete. The caller has asked OwnedBy before.
func (d *Delivery) Leave(at time.Time) {
	if d.Status.After(Left) == d.Status {
		return
	}
	d.Status = d.Status.After(Left)
	d.LeavingAt, d.RequestedAt = at, at
}

// Answered returns what a stack was told about a request, if that is still remembered.
func (d *Delivery) Answered(stackID, requestID string) (Answer, bool) {
	i := slices.IndexFunc(d.Answers, func(a Answer) bool { return a.StackID == stackID && a.RequestID == requestID })
	if i < 0 {
		return Answer{}, false
	}
	return d.Answers[i], true
}

// LeftSince reports whether that resource of that stack was deleted after a time, if that is still remembered: what it sent before
// and comes late is about nothing that stands.
func (d *Delivery) LeftSince(stackID, logicalResourceID string, at time.Time) bool {
	return slices.ContainsFunc(d.Answers, func(a Answer) bool {
		return a.StackID == stackID && a.LogicalResourceID == logicalResourceID && a.LeftAt.After(at)
	})
}

// Accepted reports whether a stack was told SUCCESS about a template of that version before, so that a rollback to it
// must not be refused.
func (d *Delivery) Accepted(stackID, templateVersion string) bool {
	return d.StackID == stackID && d.TemplateVersion == templateVersion ||
		slices.ContainsFunc(d.Answers, func(a Answer) bool {
			return a.StackID == stackID && a.TemplateVersion == templateVersion && a.Status == "SUCCESS"
		})
}

// Remember keeps an answer for duplicates of its request, in place of the oldest when there are MaxAnswers. The first
// answer to a request stays: it is what the stack was told.
func (d *Delivery) Remember(a Answer) {
	if _, told := d.Answered(a.StackID, a.RequestID); told {
		return
	}
	d.Answers = bounded(d.Answers, a, MaxAnswers)
}

func (d *Delivery) dropClaim(stackID, logicalResourceID string) bool {
	before := len(d.Claims)
	d.Claims = slices.DeleteFunc(slices.Clone(d.Claims), func(c Claim) bool { return c.of(stackID, logicalResourceID) })
	return len(d.Claims) < before
}

// bounded appends to a copy and keeps the latest.
func bounded[T any](all []T, next T, limit int) []T {
	return append(slices.Clone(all[max(0, len(all)+1-limit):]), next)
}
