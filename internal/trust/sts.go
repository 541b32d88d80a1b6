package trust

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

const (
	probeSession = "xrole-trust-check"
	// probeSeconds is the shortest that STS gives.
	probeSeconds = 900
	// denyAll is the session policy of a probe: its credentials can do nothing but ask who they are, which no policy can
	// deny (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
	denyAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
)

// NewChecker returns a Checker that probes through the configuration's credentials and the regional endpoint of STS.
// It never probes a role of ownAccountID or of another partition.
func NewChecker(cfg aws.Config, partitionID, ownAccountID string) *Checker {
	return NewClientChecker(sts.NewFromConfig(cfg), partitionID, ownAccountID)
}

// NewClientChecker is NewChecker for a client that is there already.
func NewClientChecker(client *sts.Client, partitionID, ownAccountID string) *Checker {
	return &Checker{
		partition: partitionID,
		account:   ownAccountID,
		probe:     stsProber{client: client},
		now:       time.Now, //nolint:forbidigo // the default clock
		pause:     smithytime.SleepWithContext,
	}
}

// oursPattern finds a denial by a policy that holds for the caller. AWS names the kind of policy in some denials, not in all
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
var oursPattern = regexp.MustCompile(`(because no|with an explicit deny in an?) (identity-based policy|session policy|permissions boundary|service control policy|VPC endpoint policy)`)

// regionDisabled is STS's answer where it is deactivated in the account whose role is asked for, not in the caller's
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html).
const regionDisabled = "RegionDisabledException"

// offError is a denial that says why.
type offError struct{ region string }

func (e *offError) Error() string {
	return "STS is deactivated in the role's account in " + e.region + ", where we ask: whoever administers that account activates it (IAM, Account settings)"
}

// assume tries the role. A denial that says why is kept for the findings.
func (p *proof) assume(ctx context.Context, externalID string) (*session, error) {
	s, err := p.probe.assume(ctx, p.role, externalID)
	if off, ok := errors.AsType[*offError](err); ok {
		p.denial = off.Error()
		return nil, nil
	}
	return s, err
}

type session struct{ credentials aws.CredentialsProvider }

type stsProber struct{ client *sts.Client }

func (p stsProber) assume(ctx context.Context, roleARN, externalID string) (*session, error) {
	in := &sts.AssumeRoleInput{
		RoleArn:         &roleARN,
		RoleSessionName: aws.String(probeSession),
		DurationSeconds: aws.Int32(probeSeconds),
		Policy:          aws.String(denyAll),
	}
	if externalID != "" {
		in.ExternalId = &externalID
	}
	out, err := p.client.AssumeRole(ctx, in)
	switch {
	case awsapi.IsAccessDenied(err) && oursPattern.MatchString(err.Error()):
		return nil, fmt.Errorf("%w: %w", errOurs, err)
	case awsapi.IsAccessDenied(err):
		return nil, nil
	case awsapi.Code(err) == regionDisabled:
		return nil, &offError{region: p.client.Options().Region}
	case err != nil:
		return nil, fmt.Errorf("probing the role: %w", err)
	case out.Credentials == nil:
		return nil, errors.New("probing the role: STS gave no credentials")
	}
	c := out.Credentials
	return &session{credentials.NewStaticCredentialsProvider(aws.ToString(c.AccessKeyId), aws.ToString(c.SecretAccessKey), aws.ToString(c.SessionToken))}, nil
}

func (p stsProber) identity(ctx context.Context, s *session) (string, error) {
	out, err := p.client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.Options) { o.Credentials = s.credentials })
	if err != nil {
		return "", fmt.Errorf("asking who the role's session is: %w", err)
	}
	if aws.ToString(out.Account) == "" {
		return "", errors.New("asking who the role's session is: STS named no account")
	}
	return *out.Account, nil
}
