// Package provider is everything Terraform sees: schemas, models, plans and messages. What an onboarding is and how it is
// written is in package onboarding, what a hub is in package hub. The requests made here are the credentials of a role
// (AssumeRole) and the receiver's proof of one (Invoke).
package provider
