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
