// Package plural serves xrole_onboardings, one resource that holds a map of customers, out of xrole_onboarding: what is
// done with a customer is asked of the server's own singular resource, call by call, so that there is one set of rules.
// It speaks Terraform's protocol itself. The framework's handling of a map of nested objects grows with the square of its
// size; decoding, planning and encoding such a map here grows with its size.
//
// It knows schemas and values only; it must not import what onboardings are made of.
package plural
