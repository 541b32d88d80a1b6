package hub

import (
	"slices"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Hub is what a hub is made of.
type Hub struct {
	Name string
	// Owner is for Destroy: the id of the Terraform state that keeps the hub, empty to ask for none.
	Owner string
	// FormerOwner is for Destroy, too: whose the hub was when it was imported, while Owner has not written yet.
	FormerOwner *string `json:"-"`
	// Found is who kept the hub until Apply went on with it; empty if it was the same, or nobody.
	Found     string `json:"-"`
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
	// ReceiverVersion is of the receiver that runs, "<number>-<12 hexadecimal digits>".
	ReceiverVersion string
	// DeadLetterQueueURLs are, by region, the queues of what SNS could not hand to the receiver.
	DeadLetterQueueURLs map[string]string
	// ReceiverDeadLetterQueueURL is the queue, in the home region, of what the receiver failed on.
	ReceiverDeadLetterQueueURL string
}

func newHub(s Spec, accountID string) *Hub {
	h := &Hub{
		Name: s.Name, AccountID: accountID, Region: s.Region, Regions: slices.Sorted(slices.Values(s.Regions)),
		TrustedPrincipalARNs: s.TrustedPrincipalARNs, TopicARNs: map[string]string{}, DeadLetterQueueURLs: map[string]string{},
	}
	h.fillNames()
	return h
}

// fillNames sets what follows from name, account and home region.
func (h *Hub) fillNames() {
	h.Partition = partition.ForRegion(h.Region).ID
	h.Bucket = bucketName(h.Name, h.AccountID, h.Region)
	h.Table, h.TopicName = ResourceName(h.Name), ResourceName(h.Name)
	h.TableARN = partition.ARN(h.Partition, "dynamodb", h.Region, h.AccountID, "table/"+h.Table)
}

// The kinds of a hub's stacks.
const (
	storageKind  = "storage"
	receiverKind = "receiver"
	topicKind    = "topic"
)

// ResourceName is the name of a hub's table and of its topics, and what its stacks' names begin with.
func ResourceName(hub string) string { return "xrole-" + hub }

func stackName(hub, kind string) string { return ResourceName(hub) + "-" + kind }

func bucketName(hub, accountID, region string) string {
	return ResourceName(hub) + "-" + accountID + "-" + region + "-an"
}

// stackOf returns a stack of the hub as far as it is needed to find and to delete it.
func (h *Hub) stackOf(kind, region string) stack {
	return stack{hub: h.Name, name: stackName(h.Name, kind), region: region}
}
