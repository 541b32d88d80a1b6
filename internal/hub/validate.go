package hub

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

const (
	maxName       = 24
	maxTags       = 48 // CloudFormation takes 50 on a stack, two are xrole's
	versionDigits = 12
)

var (
	namePattern    = regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*$`)
	versionPattern = regexp.MustCompile(`^(\d{1,9})-([0-9a-f]{12})$`)
)

// The values CloudWatch Logs takes
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html); 0 is for the default.
func retentions() []int {
	return []int{
		0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
	}
}

// Validate refuses what AWS would refuse later, so far as it can be known without a request: the error is a *SpecError,
// or a *PolicyTooLargeError.
func (s Spec) Validate() error {
	if len(s.Code) == 0 {
		return &SpecError{Field: "architecture", Message: "the receiver's code is missing"}
	}
	return s.check()
}

// check is Validate for a Spec without code.
func (s Spec) check() error {
	for _, check := range []func() error{s.checkNumbers, func() error { return checkRegions(s.Region, s.Regions) }, s.checkRole, s.checkARNs, s.checkTags} {
		if err := check(); err != nil {
			return err
		}
	}
	// The names that are not known yet are as long as these.
	partitionID := partition.ForRegion(s.Region).ID
	if _, err := BucketPolicy(partitionID, bucketName(s.Name, "000000000000", s.Region), s.Access); err != nil {
		return err
	}
	longest := slices.MaxFunc(append([]string{s.Region}, s.Regions...), func(a, b string) int { return len(a) - len(b) })
	_, err := TopicPolicy(partition.ARN(partitionID, "sns", longest, "000000000000", ResourceName(s.Name)), s.Access)
	return err
}

// checkPrincipals refuses principals of another account than the hub's: customers trust that account, so they could never
// get in. Validate cannot know the account.
func (s Spec) checkPrincipals(account string) error {
	for _, arn := range s.TrustedPrincipalARNs {
		if !partition.PrincipalOf(arn, partition.ForRegion(s.Region).ID, account) {
			return &SpecError{"trusted_principal_arns", arn, "is not in the hub's account " + strconv.Quote(account) +
				": customers trust that account, so a principal of another one can never get in"}
		}
	}
	return nil
}

// CheckName refuses what cannot be a hub's name, with a *SpecError.
func CheckName(name string) error {
	if len(name) > maxName || !namePattern.MatchString(name) {
		return &SpecError{"name", name, fmt.Sprintf("must be 1 to %d lower case letters, digits and single hyphens, a letter "+
			"first and no hyphen last", maxName)}
	}
	return nil
}

func (s Spec) checkNumbers() error {
	if err := CheckName(s.Name); err != nil {
		return err
	}
	version := versionPattern.FindStringSubmatch(s.ReceiverVersion)
	switch {
	case s.Architecture != "arm64" && s.Architecture != "x86_64":
		return &SpecError{"architecture", s.Architecture, "must be arm64 or x86_64"}
	case s.ReceiverVersion != "" && version == nil:
		return &SpecError{"receiver_version", s.ReceiverVersion, "must be a number, a hyphen and 12 hexadecimal digits"}
	case version != nil && len(s.Code) > 0 && !strings.HasPrefix(s.codeSum(), version[2]):
		return &SpecError{"receiver_version", s.ReceiverVersion, "is not the version of this code"}
	case s.TimeoutSeconds < 0 || s.TimeoutSeconds > 290:
		return &SpecError{"timeout_seconds", "", fmt.Sprintf("%d seconds are not 1 to 290: customers' stacks may wait 300 only", s.TimeoutSeconds)}
	case s.ReservedConcurrency != nil && (*s.ReservedConcurrency < 1 || *s.ReservedConcurrency > 99_999):
		return &SpecError{"reserved_concurrency", "", fmt.Sprintf("%d is not 1 to 99999", *s.ReservedConcurrency)}
	case s.RecheckHours < 0 || s.RecheckHours > 720:
		return &SpecError{"recheck_hours", "", fmt.Sprintf("%d hours are not 1 to 720", s.RecheckHours)}
	case !slices.Contains(retentions(), s.LogRetentionDays):
		return &SpecError{"log_retention_days", "", fmt.Sprintf("CloudWatch Logs does not keep a log for %d days; it takes %s",
			s.LogRetentionDays, strings.Trim(strings.ReplaceAll(fmt.Sprint(retentions()[1:]), " ", ", "), "[]"))}
	}
	return nil
}

func (s Spec) checkRole() error {
	boundary, err := arnPattern(partition.ForRegion(s.Region).ID, "iam", "", `policy/[!-~]+`)
	switch {
	case err != nil:
		return err
	case s.Path != "" && !partition.ValidRolePath(s.Path):
		return &SpecError{"path", s.Path, "must begin and end with a slash, 512 characters at most"}
	case s.PermissionsBoundaryARN != "" && !boundary.MatchString(s.PermissionsBoundaryARN):
		return &SpecError{"permissions_boundary_arn", s.PermissionsBoundaryARN, "must be the ARN of an IAM policy of the hub's partition"}
	}
	return nil
}

// checkARNs checks partition and region of what is handed in: neither an alarm nor a status event nor a key works
// across regions.
func (s Spec) checkARNs() error {
	type given struct{ field, key, arn, service, region, rest, what string }
	all := []given{
		{"kms_key_arn", "", s.KMSKeyARN, "kms", s.Region, `key/[A-Za-z0-9-]+`, "a KMS key"},
		{"alarm_topic_arn", "", s.AlarmTopicARN, "sns", s.Region, `[A-Za-z0-9_-]+`, "an SNS topic"},
		{"event_bus_arn", "", s.EventBusARN, "events", s.Region, `event-bus/[A-Za-z0-9/._-]+`, "an event bus"},
	}
	for _, region := range slices.Sorted(maps.Keys(s.AlarmTopicARNs)) {
		switch {
		case region == s.Region:
			return &SpecError{"alarm_topic_arns", region, "is the home region, whose topic is alarm_topic_arn"}
		case !slices.Contains(s.Regions, region):
			return &SpecError{"alarm_topic_arns", region, "is not one of the hub's regions"}
		}
		all = append(all, given{"alarm_topic_arns", region, s.AlarmTopicARNs[region], "sns", region, `[A-Za-z0-9_-]+`, "an SNS topic"})
	}
	for _, g := range all {
		pattern, err := arnPattern(partition.ForRegion(s.Region).ID, g.service, g.region, g.rest)
		if err != nil {
			return err
		}
		if g.arn != "" && !pattern.MatchString(g.arn) {
			return &SpecError{g.field, g.key, fmt.Sprintf("%s: must be the ARN of %s in %s", strconv.Quote(g.arn), g.what, g.region)}
		}
	}
	for _, arn := range s.TrustedPrincipalARNs {
		if want := "arn:" + partition.ForRegion(s.Region).ID + ":iam::"; !strings.HasPrefix(arn, want) {
			return &SpecError{"trusted_principal_arns", arn, "must begin with " + want}
		}
	}
	return nil
}

func arnPattern(partitionID, service, region, rest string) (*regexp.Regexp, error) {
	account := `\d{12}`
	if service == "iam" {
		account = `(\d{12}|aws)`
	}
	p, err := regexp.Compile("^" + partition.ARN(partitionID, service, regexp.QuoteMeta(region), account, rest) + "$")
	if err != nil {
		return nil, fmt.Errorf("making a pattern of region %q: %w", region, err)
	}
	return p, nil
}

func (s Spec) checkTags() error {
	if len(s.Tags) > maxTags {
		return &SpecError{"tags", "", fmt.Sprintf("%d tags: %d at most", len(s.Tags), maxTags)}
	}
	seen := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		lower, value := strings.ToLower(key), s.Tags[key]
		switch {
		case strings.HasPrefix(lower, "aws:") || strings.HasPrefix(lower, "xrole:"):
			return &SpecError{"tags", key, "keys that begin so are reserved"}
		case key == "" || utf8.RuneCountInString(key) > 128 || !partition.ValidTag(key):
			return &SpecError{"tags", key, "must be 1 to 128 letters, digits, spaces or _.:/=+-@"}
		case utf8.RuneCountInString(value) > 256 || !partition.ValidTag(value):
			return &SpecError{"tags", key, "the value must be at most 256 letters, digits, spaces or _.:/=+-@"}
		case seen[lower]:
			return &SpecError{"tags", key, "is there twice but for the case of letters, which IAM does not tell apart"}
		}
		seen[lower] = true
	}
	return nil
}
