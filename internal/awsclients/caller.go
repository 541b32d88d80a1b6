package awsclients

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Caller is whose credentials the clients have.
type Caller struct {
	// ARN is as STS tells it: that of a role's session names the role without its path.
	ARN, Partition, AccountID string
}

// Caller asks STS who the caller is, once for all regions; an answer that failed is asked for again. Every principal may
// ask that (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
func (c *Clients) Caller(ctx context.Context, region string) (Caller, error) {
	client := c.STS(region)
	c.asking.Lock()
	defer c.asking.Unlock()
	if c.caller != nil {
		return *c.caller, nil
	}
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, fmt.Errorf("asking whose credentials these are: %w", err)
	}
	parts := strings.SplitN(aws.ToString(out.Arn), ":", 6)
	if len(parts) != 6 || aws.ToString(out.Account) == "" {
		return Caller{}, errors.New("asking whose credentials these are: STS named nobody")
	}
	c.caller = &Caller{ARN: *out.Arn, Partition: parts[1], AccountID: *out.Account}
	return *c.caller, nil
}
