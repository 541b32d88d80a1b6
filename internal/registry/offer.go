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
	// FormerVersions are of the templates offered before, the latest last, MaxVersions at most.
	FormerVersions []string `dynamodbav:"former_versions,omitempty"`
	// Inputs is everything that import needs, without the template.
	Inputs json.RawMessage `dynamodbav:"-"`
	// TemplateBody is the partner's own template, before customisation, up to 1 MB.
	TemplateBody string `dynamodbav:"-"`
	// InputsDigest tells whether two offers are the same invitation.
	InputsDigest string `dynamodbav:"inputs_digest,omitempty"`
	// Superseded are templates of earlier revisions that are still in the bucket for links in old e-mails.
	Superseded []Superseded `dynamodbav:"superseded,omitempty"`
}

// MaxVersions is how many former versions an offer knows: a customer may have downloaded a template long ago.
const MaxVersions = 32

// Knows reports whether a template of that version was offered. Versions are hashes over the External ID, which only those
// learn who were given a template: a message that names another one is not from anybody who was invited.
func (o *Offer) Knows(version string) bool {
	return version != "" && (version == o.TemplateVersion || slices.Contains(o.FormerVersions, version))
}

// Follow makes the offer know what the former one knew.
func (o *Offer) Follow(former Offer) {
	o.FormerVersions = former.FormerVersions
	if v := former.TemplateVersion; v != "" && v != o.TemplateVersion {
		o.FormerVersions = bounded(slices.DeleteFunc(slices.Clone(former.FormerVersions), func(old string) bool { return old == v }), v, MaxVersions)
	}
}

// Superseded is a published template that a newer one took the place of.
type Superseded struct {
	Key string    `dynamodbav:"key"`
	At  time.Time `dynamodbav:"at"`
}
