// Package bucket is the store of published templates in a hub's S3 bucket. It knows nothing of onboardings, and imports
// only awsapi of this module.
package bucket
