// Package bucket is what is written once to a hub's S3 bucket: published templates, the receiver's code. It knows nothing
// of onboardings, and imports only awsapi of this module.
package bucket
