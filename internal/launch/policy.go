package launch

import (
	"cmp"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

type policyStatement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource string
}

// deployerPolicy is what a person needs to launch, update and delete the stack, as narrow as the invitation tells.
// The actions on the role are those of CloudFormation's handler for AWS::IAM::Role.
func deployerPolicy(inv Invitation) string {
	p := partition.ForRegion(inv.Link.Region).ID
	account := cmp.Or(inv.AccountID, "*")
	topic := "arn:" + p + ":sns:" + inv.Link.Region + ":" + cmp.Or(inv.PartnerAccountID, "*") + ":" + cmp.Or(inv.TopicName, "*")
	statements := []policyStatement{
		{
			"Stack", "Allow",
			[]string{
				"cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack",
				"cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResources", "cloudformation:GetTemplate",
			},
			"arn:" + p + ":cloudformation:" + inv.Link.Region + ":" + account + ":stack/" + inv.Link.StackName + "/*",
		},
		{
			"Console", "Allow",
			[]string{"cloudformation:DescribeStacks", "cloudformation:GetTemplateSummary", "cloudformation:ListStacks"},
			"*",
		},
		{"Role", "Allow", roleActions(), "arn:" + p + ":iam::" + account + ":role" + literal(cmp.Or(inv.RolePath, "/")) + roleName(inv)},
	}
	if o, ok := objectOf(inv.Link.TemplateURL); ok {
		folder := o.key[:strings.LastIndexByte(o.key, '/')+1]
		statements = append(statements, policyStatement{
			"Template", "Allow", []string{"s3:GetObject"}, "arn:" + p + ":s3:::" + o.bucket + "/" + literal(folder) + "*",
		})
	}
	statements = append(statements, policyStatement{"Report", "Allow", []string{"sns:Publish"}, topic})
	return marshal(struct {
		Version   string
		Statement []policyStatement
	}{"2012-10-17", statements}, "  ")
}

// roleName is the role's own, or what CloudFormation names the roles of a stack after.
func roleName(inv Invitation) string {
	if inv.RoleName != "" {
		return literal(inv.RoleName)
	}
	return inv.Link.StackName + "-*"
}

func roleActions() []string {
	return []string{
		"iam:CreateRole", "iam:GetRole", "iam:UpdateRole", "iam:UpdateRoleDescription", "iam:DeleteRole",
		"iam:UpdateAssumeRolePolicy", "iam:TagRole", "iam:UntagRole",
		"iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:ListAttachedRolePolicies",
		"iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy", "iam:ListRolePolicies",
		"iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary",
	}
}

// literal takes from a text what IAM reads as a wildcard or a variable.
func literal(s string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(s)
}
