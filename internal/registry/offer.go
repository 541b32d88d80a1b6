package registry

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"
)

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ValidName reports whether s can be the name of an onboarding: 1 to 64 letters, digits, dots, underscores and
// hyphens, the first a letter or digit.
func ValidName(s string) bool { return namePattern.MatchString(s) }

// Offer is what the partner offers to one customer.
type Offer struct {
	Name string `dynamodbav:"name"`
	// OfferID names this generation of the onboarding.
	OfferID string `dynamodbav:"offer_id,omitempty"`
	// Revision changes with each write; what it looks like is the writer's business.
	Revision string `dynamodbav:"revision"`
	// AccountID is empty while the offer is open to any account.
	AccountID  string `dynamodbav:"account_id,omitempty"`
	Region     string `dynamodbav:"region,omitempty"`
	ExternalID string `dynamodbav:"external_id"`
	// PreviousExternalID is the one before the last rotation, as long as the template still trusts it.
	PreviousExternalID string `dynamodbav:"previous_external_id,omitempty"`
	// ExistingRoleARN is a role to take over that was made without xrole.
	ExistingRoleARN string `dynamodbav:"existing_role_arn,omitempty"`
	TopicARN        string `dynamodbav:"topic_arn,omitempty"`
	StackName       string `dynamodbav:"stack_name,omitempty"`
	TemplateKey     string `dynamodbav:"template_key,omitempty"`
	TemplateSHA256  string `dynamodbav:"template_sha256,omitempty"`
	// TemplateETag is what S3 shows of the template in lists.
	TemplateETag    string `dynamodbav:"template_etag,omitempty"`
	TemplateVersion string `dynamodbav:"template_version,omitempty"`
	// Former are the templates offered before that are still an invitation, the latest last, MaxVersions at most.
	Former []Version `dynamodbav:"former,omitempty"`
	// Inputs is everything that import needs, without the template.
	Inputs json.RawMessage `dynamodbav:"-"`
	// TemplateBody is the partner's own template, before customisation, up to 1 MB.
	TemplateBody string `dynamodbav:"-"`
	// InputsDigest tells whether two offers are the same invitation.
	InputsDigest string `dynamodbav:"inputs_digest,omitempty"`
	// Superseded are templates of earlier revisions that are still in the bucket for links in old e-mails.
	Superseded []Superseded `dynamodbav:"superseded,omitempty"`
}

// Version is of a template that was offered, and ExternalID the newest one that it trusts.
type Version struct {
	Version    string `dynamodbav:"version" json:"version"`
	ExternalID string `dynamodbav:"external_id" json:"external_id"`
}

// MaxVersions is how many former versions an offer knows: a customer may have downloaded a template long ago.
const MaxVersions = 32

// Knows reports whether a template of that version is an invitation. Versions are hashes over the External ID, which only those
// learn who were given a template: a message that names another one is not from anybody who was invited.
func (o *Offer) Knows(version string) bool {
	return version != "" && slices.ContainsFunc(o.Versions(), func(v Version) bool { return v.Version == version })
}

// Versions are all that the offer knows, its own last.
func (o *Offer) Versions() []Version {
	return append(slices.Clone(o.Former), Version{o.TemplateVersion, o.ExternalID})
}

// Remember makes the offer know versions that were offered before, the latest last. One that trusts none of the offer's External
// IDs is no invitation any more: its role could never be proven, and whoever holds it may be the one to be shut out.
func (o *Offer) Remember(versions ...Version) {
	o.Former = nil
	for _, v := range versions {
		trusted := v.ExternalID != "" && (v.ExternalID == o.ExternalID || v.ExternalID == o.PreviousExternalID)
		if v.Version == "" || v.Version == o.TemplateVersion || !trusted {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(o.Former), func(old Version) bool { return old.Version == v.Version })
		o.Former = bounded(others, v, MaxVersions)
	}
}

// Superseded is a published template that a newer one took the place of.
type Superseded struct {
	Key string    `dynamodbav:"key"`
	At  time.Time `dynamodbav:"at"`
}
