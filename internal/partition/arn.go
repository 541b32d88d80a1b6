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
	accountPattern   = regexp.MustCompile(`^[0-9]{12}$`)
	partitionPattern = regexp.MustCompile(`^aws(-[a-z]{1,8}){0,3}$`)
	regionPattern    = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)
	roleNamePattern  = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	// IAM takes empty folders, too (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
	rolePathPattern  = regexp.MustCompile(`^/([!-~]+/)?$`)
	stackNamePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	stackGUIDPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

// ValidAccountID reports whether s is an AWS account id: exactly twelve digits.
func ValidAccountID(s string) bool { return accountPattern.MatchString(s) }

// ValidRegion reports whether s has the form of a region name, such as "eu-west-1".
func ValidRegion(s string) bool { return regionPattern.MatchString(s) }

// String joins the role's ARN again.
func (r RoleARN) String() string {
	return fmt.Sprintf("arn:%s:iam::%s:role%s%s", r.Partition, r.AccountID, r.Path, r.Name)
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
	case len(role.Path) > 512 || !rolePathPattern.MatchString(role.Path):
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
	if !regionPattern.MatchString(p[3]) {
		return StackID{}, errors.New("stack id: the region is missing or malformed")
	}
	part := strings.Split(p[5], "/")
	if len(part) != 3 || part[0] != "stack" || !stackNamePattern.MatchString(part[1]) || !stackGUIDPattern.MatchString(part[2]) {
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
	case !accountPattern.MatchString(p[4]):
		return nil, errors.New("the account must be exactly twelve digits")
	}
	return p, nil
}
