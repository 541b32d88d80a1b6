package awsapi

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Impatient returns the configuration with the timeouts of its HTTP client shortened.
func Impatient(cfg aws.Config, answer time.Duration) aws.Config {
	cfg.HTTPClient = waiting(awshttp.NewBuildableClient(), answer, requestTimeout)
	return cfg
}
