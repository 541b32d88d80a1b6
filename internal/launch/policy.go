package launch

import (
	"cmp"
	"slices"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

type policyStatement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// deployerStatements are what a person needs to launch, watch, update and delete the stack, as narrow as the invitation
// tells. It is permissions/customer-deployer.json with its placeholders filled in, and what the console's other tabs show.
func deployerStatements(inv Invitation) []policyStatement {
	p := partition.ForRegion(inv.Link.Region).ID
	account := cmp.Or(inv.AccountID, "*")
	stack := partition.ARN(p, "cloudformation", inv.Link.Region, account, "stack/"+inv.Link.StackName+"/*")
	topic := partition.ARN(p, "sns", inv.Link.Region, cmp.Or(inv.PartnerAccountID, "*"), cmp.Or(inv.TopicName, "*"))
	var only map[string]map[string][]string
	o, stored := objectOf(inv.Link.TemplateURL)
	if stored {
		folder := inv.Link.TemplateURL[:strings.LastIndexByte(inv.Link.TemplateURL, '/')+1]
		only = condition("StringLike", "cloudformation:TemplateUrl", literal(folder)+"*")
	}
	statements := []policyStatement{
		allow("LaunchTheVendorsTemplateOnly", stack, only, "cloudformation:CreateStack", "cloudformation:UpdateStack"),
		allow("WatchAndDeleteTheStack", stack, nil, "cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:DeleteStack",
			"cloudformation:DescribeStackResources", "cloudformation:GetTemplate"),
		allow("ShowTheFormOnTheLaunchPage", "*", only, "cloudformation:GetTemplateSummary"),
		allow("ShowTheListOfStacks", "*", nil, "cloudformation:ListStacks"),
	}
	if stored {
		folder := o.key[:strings.LastIndexByte(o.key, '/')+1]
		statements = append(statements, allow("ReadTheTemplate", partition.ARN(p, "s3", "", "", o.bucket+"/"+literal(folder)+"*"), nil, "s3:GetObject"))
	}
	statements = append(statements, roleStatements(inv, partition.ARN(p, "iam", "", account, "role"+literal(cmp.Or(inv.RolePath, "/"))+roleName(inv)))...)
	return append(statements, allow("ReportToTheVendor", topic, nil, "sns:Publish"))
}

func deployerPolicy(statements []policyStatement) string {
	return marshal(struct {
		Version   string
		Statement []policyStatement
	}{"2012-10-17", statements}, "  ")
}

// right is what one task needs.
type right struct {
	Task    string
	Actions []string
}

// rights sorts the policy's actions by task; CloudFormation does its work with the rights of the person who asks for it.
func rights(statements []policyStatement) []right {
	var given []string
	for _, s := range statements {
		given = append(given, s.Action...)
	}
	tasks := []right{
		{"Launch", []string{
			"s3:GetObject", "cloudformation:GetTemplateSummary", "cloudformation:CreateStack", "iam:CreateRole", "iam:GetRole", "iam:TagRole", "iam:PutRolePolicy", "iam:GetRolePolicy",
			"iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary", "sns:Publish",
		}},
		{"Watch it in the console", []string{
			"cloudformation:ListStacks", "cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResources", "cloudformation:GetTemplate",
		}},
		{"Update", []string{
			"s3:GetObject", "cloudformation:GetTemplateSummary", "cloudformation:UpdateStack", "iam:GetRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:UntagRole",
			"iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy",
			"iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "sns:Publish",
		}},
		{"Delete, or undo a launch that failed", []string{
			"cloudformation:DeleteStack", "iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRole", "sns:Publish",
		}},
	}
	for i := range tasks {
		tasks[i].Actions = slices.DeleteFunc(tasks[i].Actions, func(action string) bool { return !slices.Contains(given, action) })
	}
	return tasks
}

// roleStatements have the actions of CloudFormation's handler for AWS::IAM::Role. The role of a partner's own template
// may have any policy and boundary.
func roleStatements(inv Invitation, role string) []policyStatement {
	statements := []policyStatement{
		allow("MakeChangeAndDeleteTheRole", role, nil, "iam:CreateRole", "iam:GetRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole",
			"iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:TagRole", "iam:UntagRole"),
	}
	known := inv.RoleName != "" && len(inv.Resources) == 0
	if len(inv.ManagedPolicyARNs) > 0 {
		statements = append(statements, allow("AttachTheInvitationsPoliciesOnly", role, condition("ArnEquals", "iam:PolicyARN", inv.ManagedPolicyARNs...),
			"iam:AttachRolePolicy", "iam:DetachRolePolicy"))
	} else if !known {
		statements = append(statements, allow("AttachPolicies", role, nil, "iam:AttachRolePolicy", "iam:DetachRolePolicy"))
	}
	if inv.PermissionsBoundaryARN != "" || !known {
		statements = append(statements, allow("SetTheRolesBoundary", role, nil, "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"))
	}
	return statements
}

func allow(sid, resource string, condition map[string]map[string][]string, actions ...string) policyStatement {
	return policyStatement{sid, "Allow", actions, resource, condition}
}

func condition(operator, key string, values ...string) map[string]map[string][]string {
	return map[string]map[string][]string{operator: {key: values}}
}

// roleName is the role's own, or what CloudFormation names the roles of a stack after.
func roleName(inv Invitation) string {
	if inv.RoleName != "" {
		return literal(inv.RoleName)
	}
	return inv.Link.StackName + "-*"
}

// literal takes from a text what IAM reads as a wildcard or a variable.
func literal(s string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(s)
}
