package partition

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// RoleARN is an IAM role's ARN taken apart.
type RoleARN struct {
	Partition string
	AccountID string
	// Path begins and ends with "/".
	Path string
	Name string
}

// StackID is a CloudFormation stack's ARN taken apart.
type StackID struct {
	Partition string
	Region    string
	AccountID string
	Name      string
	// GUID tells stacks of one name apart.
	GUID string
}

const maxARN = 2048

var (
	partitionPattern = regexp.MustCompile(`^aws(-[a-z]{1,8}){0,3}$`)
	roleNamePattern  = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	stackGUIDPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

// ARN joins the parts of an ARN, or of a pattern for some. It checks nothing.
func ARN(partition, service, region, accountID, resource string) string {
	return strings.Join([]string{"arn", partition, service, region, accountID, resource}, ":")
}

// PrincipalOf reports whether the ARN of an IAM principal, or a pattern for some, is of that partition and account.
func PrincipalOf(arn, partition, accountID string) bool {
	return strings.HasPrefix(arn, ARN(partition, "iam", "", accountID, ""))
}

// String joins the role's ARN again.
func (r RoleARN) String() string {
	return ARN(r.Partition, "iam", "", r.AccountID, "role"+r.Path+r.Name)
}

// ParseRoleARN takes an IAM role's ARN apart, path included. The partition may be one not known here, as long as it has
// a partition's form. The error says which part is wrong. Limits: role name 1 to 64 characters, path up to 512
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
func ParseRoleARN(s string) (RoleARN, error) {
	p, err := splitARN(s, "iam")
	switch {
	case err != nil && isSessionARN(s):
		return RoleARN{}, errors.New("role ARN: this is the ARN of a role's session; the role's own is arn:<partition>:iam::<account>:role/<name>, with the role's path before the name, which a session does not show")
	case err != nil:
		return RoleARN{}, fmt.Errorf("role ARN: %w", err)
	}
	rest, ok := strings.CutPrefix(p[5], "role/")
	switch {
	case p[3] != "":
		return RoleARN{}, errors.New("role ARN: IAM is global, the region must be empty")
	case !ok:
		return RoleARN{}, errors.New("role ARN: the resource must start with \"role/\"")
	}
	cut := strings.LastIndexByte(rest, '/') + 1
	role := RoleARN{Partition: p[1], AccountID: p[4], Path: "/" + rest[:cut], Name: rest[cut:]}
	switch {
	case !roleNamePattern.MatchString(role.Name):
		return RoleARN{}, errors.New("role ARN: the role's name must be 1 to 64 letters, digits or any of _+=,.@-")
	case !ValidRolePath(role.Path):
		return RoleARN{}, errors.New("role ARN: the path must be up to 512 printable characters between slashes")
	}
	return role, nil
}

// isSessionARN reports whether s is what GetCallerIdentity says of who has assumed a role.
func isSessionARN(s string) bool {
	p, err := splitARN(s, "sts")
	return err == nil && strings.HasPrefix(p[5], "assumed-role/")
}

// ParseStackID takes a CloudFormation stack's ARN apart. Synthetic ids, such as other engines send, do not pass.
func ParseStackID(s string) (StackID, error) {
	p, err := splitARN(s, "cloudformation")
	if err != nil {
		return StackID{}, fmt.Errorf("stack id: %w", err)
	}
	if !ValidRegion(p[3]) {
		return StackID{}, errors.New("stack id: the region is missing or malformed")
	}
	part := strings.Split(p[5], "/")
	if len(part) != 3 || part[0] != "stack" || !ValidStackName(part[1]) || !stackGUIDPattern.MatchString(part[2]) {
		return StackID{}, errors.New("stack id: the resource must be stack/<name>/<guid>")
	}
	if ForRegion(p[3]).ID != p[1] {
		return StackID{}, errors.New("stack id: the region is not of the partition")
	}
	return StackID{Partition: p[1], Region: p[3], AccountID: p[4], Name: part[1], GUID: part[2]}, nil
}

func splitARN(s, service string) ([]string, error) {
	if len(s) > maxARN {
		return nil, fmt.Errorf("longer than %d characters", maxARN)
	}
	p := strings.SplitN(s, ":", 6)
	switch {
	case len(p) != 6 || p[0] != "arn":
		return nil, errors.New("not an ARN of six fields separated by colons")
	case !partitionPattern.MatchString(p[1]):
		return nil, errors.New("the partition is malformed")
	case p[2] != service:
		return nil, fmt.Errorf("the service must be %q", service)
	case !ValidAccountID(p[4]):
		return nil, errors.New("the account must be exactly twelve digits")
	}
	return p, nil
}
