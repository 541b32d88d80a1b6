package hub

import "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

// The stacks' templates and the rules of regions, for tests.
var (
	StorageTemplate  = storageTemplate
	TopicTemplate    = topicTemplate
	ReceiverTemplate = receiverTemplate
	CheckRegions     = checkRegions
	TopicPrincipal   = topicPrincipal
)

// FirstFailure reads events as they come, newest first.
func FirstFailure(id string, newestFirst []types.StackEvent) StackError {
	var e StackError
	for _, event := range newestFirst {
		if e.read(id, event) {
			break
		}
	}
	return e
}

// Busiest names what a stack is at.
var Busiest = busiest

// DeedFor says what is done about a stack in that state.
func DeedFor(status types.StackStatus) string {
	return []string{"update", "create", "wait", "delete", "continue"}[deedFor(&types.Stack{StackStatus: status})]
}

// Parameters are what the stacks of a hub in one region are given, by the template's name.
func Parameters(s Spec) map[string]map[string]string {
	h := newHub(s, "000000000000")
	return map[string]map[string]string{
		"storage": s.storage().parameters, "receiver": s.receiver(h).parameters, "topic": s.topic(h, s.Region).parameters,
	}
}

// ReceiverSource is the receiver's template without permissions.
var ReceiverSource = receiverSource

// CodeKey is where in the bucket the code is.
func CodeKey(s Spec) string { return codeKey(s.codeSum()) }
