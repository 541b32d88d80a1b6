package partition

import "regexp"

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)
	// IAM takes empty folders, too (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
	rolePathPattern   = regexp.MustCompile(`^/([!-~]+/)?$`)
	stackNamePattern  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	externalIDPattern = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
	tagPattern        = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

// ValidAccountID reports whether s is an AWS account id: exactly twelve digits.
func ValidAccountID(s string) bool { return accountPattern.MatchString(s) }

// ValidRegion reports whether s has the form of a region name, such as "eu-west-1".
func ValidRegion(s string) bool { return regionPattern.MatchString(s) }

// ValidRolePath reports whether IAM takes s as a role's path: at most 512 printable characters between slashes.
func ValidRolePath(s string) bool { return len(s) <= 512 && rolePathPattern.MatchString(s) }

// ValidStackName reports whether CloudFormation takes s as a stack's name.
func ValidStackName(s string) bool { return stackNamePattern.MatchString(s) }

// ValidExternalID reports whether STS takes s as an External ID
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
func ValidExternalID(s string) bool {
	return len(s) >= 2 && len(s) <= 1224 && externalIDPattern.MatchString(s)
}

// ValidTag reports whether a tag's key or value has only what all services take, of whatever length
// (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html).
func ValidTag(s string) bool { return tagPattern.MatchString(s) }
