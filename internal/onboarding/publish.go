package onboarding

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

// Publication is what the customer gets: the template, where it is, and the link that opens it.
type Publication struct {
	Body            []byte
	Key             string
	SHA256          string
	TemplateVersion string
	TemplateURL     string
	// CallbackLogicalID is the logical id of the custom resource that calls back.
	CallbackLogicalID string
	// LaunchURL is empty in a partition without a public console.
	LaunchURL string
}

// Rendering says what Render gives for the same arguments: where one of two versions of it gives other bytes or another
// link, theirs differ. So a state tells by the number alone, and without rendering anew, that a newer provider would offer
// the very same.
const Rendering = 1

// Render makes the publication of an offer. It is pure: the same inputs and External IDs (the current one first) give
// the same bytes. What CloudFormation or the rules of xrole would refuse comes back as findings; there is a
// publication only when none of them is an error.
func Render(o Offered, externalIDs []string) (*Publication, []cfn.Finding, error) {
	source, err := o.source()
	if err != nil {
		return nil, nil, fmt.Errorf("building the template of onboarding %q: %w", o.Name, err)
	}
	rendered, findings := cfn.Render(source, o.values(externalIDs), o.TemplateMode, o.Parameters)
	if rendered == nil {
		return nil, findings, nil
	}
	pub := &Publication{
		Body:            rendered.Body,
		Key:             o.keyPrefix() + rendered.SHA256 + ".yaml",
		SHA256:          rendered.SHA256,
		TemplateVersion: rendered.Version,

		CallbackLogicalID: rendered.CallbackLogicalID,
	}
	if pub.TemplateURL, err = launch.TemplateURL(o.Hub.Bucket, o.Hub.Region, pub.Key); err != nil {
		return nil, findings, fmt.Errorf("building the template URL of onboarding %q: %w", o.Name, err)
	}
	pub.LaunchURL, err = launchURL(o, pub.TemplateURL)
	if err != nil {
		return nil, findings, fmt.Errorf("building the launch link of onboarding %q: %w", o.Name, err)
	}
	return pub, findings, nil
}

func inputsDigest(raw []byte, templateBody string) string {
	h := sha256.New()
	h.Write(raw)
	h.Write([]byte{0})
	h.Write([]byte(templateBody))
	return hex.EncodeToString(h.Sum(nil))
}
