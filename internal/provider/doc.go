// Package provider is everything Terraform sees: schemas, models, plans and messages. What an onboarding is and how it is
// written is in package onboarding; nothing here talks to AWS by itself.
package provider
