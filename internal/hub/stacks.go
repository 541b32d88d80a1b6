package hub

import (
	_ "embed" // the stacks' templates
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed stacks/storage.yaml
var storageTemplate string

//go:embed stacks/receiver.yaml
var receiverSource string

//go:embed stacks/topic.yaml
var topicTemplate string

// One permission per topic, since Lambda takes no wildcard for the region in the ARN of a permission's source
// (https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html). The ARN names the account, so that nothing
// else has to.
const permission = `
  %s:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Function
      Action: lambda:InvokeFunction
      Principal: %s
      SourceArn: !Sub "arn:${AWS::Partition}:sns:%s:${AWS::AccountId}:xrole-${HubName}"
`

// receiverTemplate returns the receiver's stack with a permission for the topic of each region, the same bytes for the
// same set of regions.
func receiverTemplate(home string, regions []string) string {
	var b strings.Builder
	b.WriteString(receiverSource)
	for _, region := range slices.Sorted(slices.Values(regions)) {
		fmt.Fprintf(&b, permission, permissionID(region), topicPrincipal(home, region), region)
	}
	return b.String()
}

const permissionStart = "\n  TopicPermission"

// permissionID is the logical id of the permission for the topic of a region.
func permissionID(region string) string {
	id := strings.ReplaceAll(region, "-", "")
	return "TopicPermission" + strings.ToUpper(id[:1]) + id[1:]
}

var permittedPattern = regexp.MustCompile(`SourceArn: !Sub "arn:\$\{AWS::Partition\}:sns:([a-z0-9-]+):`)

// permittedRegions returns the regions for whose topics a receiver's template has permissions.
func permittedRegions(template string) []string {
	var regions []string
	for _, found := range permittedPattern.FindAllStringSubmatch(template, -1) {
		regions = append(regions, found[1])
	}
	return regions
}

// withPermissionsOf returns one receiver's template with the permissions of another.
func withPermissionsOf(template, permissions string) string {
	head, _, _ := strings.Cut(template, permissionStart)
	_, tail, _ := strings.Cut(permissions, permissionStart)
	return head + permissionStart + tail
}
