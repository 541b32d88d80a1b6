// Package awsapi is the way to AWS: one configuration by the SDK's own chain, and the error classes that callers decide
// on. It knows nothing of onboardings and imports nothing of this module.
//
// Two rules hold for all of it. Loading makes no request: credentials are fetched by the first request that needs
// them. And every request ends: a silent server is given up on and asked again, throttling slows down every request
// of the process to that service and region together.
package awsapi
