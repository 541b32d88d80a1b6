package hub

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Spec is what a hub shall be.
type Spec struct {
	// Name is part of the name of everything: 1 to 24 lower case letters, digits and single hyphens, a letter first.
	Name string
	// Region is the home region: bucket, table and receiver stand there. It must be one that no account has to enable
	// first, or the only one of Regions.
	Region string
	// Regions are those where customers may launch, all of the home region's partition.
	Regions []string
	// Access says which customers are let in.
	Access Access
	// TrustedPrincipalARNs are the principals that customers' roles will trust, beside the receiver. No stack needs
	// them; they are part of what an onboarding is given as its hub.
	TrustedPrincipalARNs []string
	// Code is the receiver as a zip file for Architecture, which is "arm64" or "x86_64".
	Code         []byte
	Architecture string
	// TimeoutSeconds is the receiver's, at most 290; 0 for the stack's default.
	TimeoutSeconds int
}

// Hub is what a hub is made of.
type Hub struct {
	Name      string
	AccountID string
	Partition string
	// Region is the home region.
	Region string
	// Regions are those where customers may launch, sorted.
	Regions  []string
	Bucket   string
	Table    string
	TableARN string
	// TopicName is the same in every region; TopicARNs are by region.
	TopicName            string
	TopicARNs            map[string]string
	TrustedPrincipalARNs []string
	ReceiverRoleARN      string
	ReceiverFunctionARN  string
	// DeadLetterQueueURLs are, by region, the queues of what SNS could not hand to the receiver.
	DeadLetterQueueURLs map[string]string
	// ReceiverDeadLetterQueueURL is the queue, in the home region, of what the receiver failed on.
	ReceiverDeadLetterQueueURL string
}

var namePattern = regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*$`)

const maxName = 24

// Validate refuses what AWS would refuse later, so far as it can be known without a request.
func (s Spec) Validate() error {
	switch {
	case len(s.Name) > maxName || !namePattern.MatchString(s.Name):
		return fmt.Errorf("hub name %q: must be 1 to %d lower case letters, digits and single hyphens, a letter first and no "+
			"hyphen last", s.Name, maxName)
	case len(s.Code) == 0:
		return errors.New("the receiver's code is missing")
	case s.Architecture != "arm64" && s.Architecture != "x86_64":
		return fmt.Errorf("architecture %q: must be arm64 or x86_64", s.Architecture)
	case s.TimeoutSeconds < 0 || s.TimeoutSeconds > 290:
		return fmt.Errorf("timeout of %d seconds: must be 290 at most, since customers' stacks may wait 300 only", s.TimeoutSeconds)
	}
	if err := checkRegions(s.Region, s.Regions); err != nil {
		return err
	}
	// The names that are not known yet are as long as these.
	partitionID := partition.ForRegion(s.Region).ID
	if _, err := BucketPolicy(partitionID, bucketName(s.Name, "000000000000", s.Region), s.Access); err != nil {
		return err
	}
	_, err := TopicPolicy("arn:"+partitionID+":sns:"+s.Region+":000000000000:"+resourceName(s.Name), s.Access)
	return err
}

func resourceName(hub string) string { return "xrole-" + hub }

func bucketName(hub, accountID, region string) string {
	return "xrole-" + hub + "-" + accountID + "-" + region + "-an"
}

func (s Spec) storage() stack {
	return stack{
		hub: s.Name, name: resourceName(s.Name) + "-storage", region: s.Region, template: storageTemplate,
		parameters: map[string]string{
			"HubName":              s.Name,
			"AllowPublicTemplates": strconv.FormatBool(s.Access.Anyone),
		},
	}
}

func (s Spec) receiver(h *Hub, codeKey string) stack {
	parameters := map[string]string{
		"HubName": s.Name, "CodeBucket": h.Bucket, "CodeKey": codeKey, "Architecture": s.Architecture, "TableArn": h.TableARN,
	}
	if s.TimeoutSeconds != 0 {
		parameters["Timeout"] = strconv.Itoa(s.TimeoutSeconds)
	}
	return stack{
		hub: s.Name, name: resourceName(s.Name) + "-receiver", region: s.Region,
		template: receiverTemplate(s.Region, s.Regions), parameters: parameters,
	}
}

func (s Spec) topic(h *Hub, region string) stack {
	return stack{
		hub: s.Name, name: resourceName(s.Name) + "-topic", region: region, template: topicTemplate,
		parameters: map[string]string{"HubName": s.Name, "FunctionArn": h.ReceiverFunctionARN},
	}
}

// stacks returns the names of a hub's stacks in the order in which they can be deleted: topics, receiver, storage.
func (h Hub) stacks() (topics []stack, receiver, storage stack) {
	of := func(kind, region string) stack {
		return stack{hub: h.Name, name: resourceName(h.Name) + "-" + kind, region: region}
	}
	for _, region := range slices.Sorted(slices.Values(h.Regions)) {
		topics = append(topics, of("topic", region))
	}
	return topics, of("receiver", h.Region), of("storage", h.Region)
}
