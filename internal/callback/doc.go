// Package callback knows the custom-resource protocol: it takes a request apart, believes none of it, and sends the
// answer. See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html. It imports
// internal/partition only, and of AWS's libraries nothing but a pause that a context ends.
package callback
