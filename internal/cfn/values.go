package cfn

import (
	"regexp"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Values are what xrole gives to the parameters that a template declares, and what its checks compare with.
type Values struct {
	// ExternalIDs are one, or two while rotating: the current one first, then the one before.
	ExternalIDs      []string
	PartnerAccountID string
	// Partition is the one of partner and customer alike, such as "aws".
	Partition string
	// TrustedPrincipalARNs are ARNs or ArnLike patterns, the receiver's role among them.
	TrustedPrincipalARNs []string
	TopicARN             string
	OnboardingName       string
	// AccountID is the customer's; empty lets the template be launched in any account.
	AccountID string
	Region    string
	// ServiceTimeoutSeconds is how long the customer's stack waits for an answer: 300 to 3,600.
	ServiceTimeoutSeconds int
}

// Mode says what becomes of the parameters that carry identity: ExternalId, PartnerAccountId, TrustedPrincipalArns.
type Mode string

// Pinned writes the values into the template and removes the parameters. Parameters makes them defaults of parameters
// whose names hold a short hash of the value, since an update in the console keeps the old value of a parameter that it knows.
const (
	Pinned     Mode = "pinned"
	Parameters Mode = "parameters"
)

// The parameters that xrole gives values to.
const (
	paramExternalID = "ExternalId"
	paramPartner    = "PartnerAccountId"
	paramTrusted    = "TrustedPrincipalArns"
	paramTopic      = "CallbackTopicArn"
	paramName       = "OnboardingName"
	paramVersion    = "TemplateVersion"
)

const (
	minServiceTimeout = 300
	maxServiceTimeout = 3600
)

// safeValuePattern holds for all values: they are written into strings, Fn::Sub and JSON text alike.
var safeValuePattern = regexp.MustCompile(`^[\w+=,.@:/*?-]+$`)

// ownParameters are the names that the template's author leaves to xrole, in the order of messages.
func ownParameters() []string {
	return []string{paramExternalID, paramPartner, paramTrusted, paramTopic, paramName, paramVersion}
}

// check reports values that can have no good template. Those of a partner are checked where they are configured; this
// keeps every value harmless inside strings of the template.
func (v Values) check(f *findings) {
	v.checkTrust(f)
	if v.AccountID != "" && !partition.ValidAccountID(v.AccountID) {
		f.errorf(nil, "Rules."+ruleAccount, "The customer's account id must be exactly twelve digits.")
	}
	for name, value := range map[string]string{paramTopic: v.TopicARN, paramName: v.OnboardingName} {
		if !safeValuePattern.MatchString(value) {
			f.errorf(nil, name, "%q cannot be written into a template.", value)
		}
	}
	if v.Region != "" && !partition.ValidRegion(v.Region) {
		f.errorf(nil, "Rules."+ruleRegion, "%q is not a region.", v.Region)
	}
	if v.ServiceTimeoutSeconds < minServiceTimeout || v.ServiceTimeoutSeconds > maxServiceTimeout {
		f.errorf(nil, "ServiceTimeout", "The service timeout must be %d to %d seconds.", minServiceTimeout, maxServiceTimeout)
	}
}

// checkTrust is about the values that a trust policy is made of.
func (v Values) checkTrust(f *findings) {
	v.checkExternalIDs(f)
	if !partition.ValidAccountID(v.PartnerAccountID) {
		f.errorf(nil, paramPartner, "The partner's account id must be exactly twelve digits.")
	}
	if len(v.TrustedPrincipalARNs) == 0 {
		f.errorf(nil, paramTrusted, "At least one principal must be trusted.")
	}
	for _, arn := range v.TrustedPrincipalARNs {
		if !safeValuePattern.MatchString(arn) || !strings.HasPrefix(arn, "arn:") {
			f.errorf(nil, paramTrusted, "%q is not the ARN of a role or user.", arn)
		}
	}
	if !safeValuePattern.MatchString(v.Partition) {
		f.errorf(nil, "Partition", "%q cannot be written into a template.", v.Partition)
	}
}

func (v Values) checkExternalIDs(f *findings) {
	if len(v.ExternalIDs) < 1 || len(v.ExternalIDs) > 2 {
		f.errorf(nil, paramExternalID, "There must be one External ID, or two while rotating; got %d.", len(v.ExternalIDs))
	}
	for _, id := range v.ExternalIDs {
		if !partition.ValidExternalID(id) {
			f.errorf(nil, paramExternalID, "An External ID has 2 to 1,224 letters, digits or any of _+=,.@:/-.")
		}
	}
	if len(v.ExternalIDs) == 2 && v.ExternalIDs[0] == v.ExternalIDs[1] {
		f.errorf(nil, paramExternalID, "The two External IDs of a rotation must differ.")
	}
}
