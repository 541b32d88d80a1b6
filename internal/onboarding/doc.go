// Package onboarding is the use case: one customer's invitation, from External ID to launch link, and its life until it
// is retired. It orders the writes (offer first, then template) so that nothing is lost when a process dies between two
// of them, and it knows nothing of Terraform.
//
// Requests: Create makes two (offer with its External ID reservation, template), Read two (both registry items,
// template's checksum), Update three, a rotation among them (record, offer, template), Delete two (offer, templates).
package onboarding
