// Package registry is the memory of a hub: what was offered to each customer and what came back. It holds the item
// types, the one table of statuses and events, and the DynamoDB store. It imports nothing of this module and knows
// neither Terraform nor messages.
//
// # Format
//
// One table with the string key pk and three kinds of items:
//
//	offer#<name>         what the partner offered; written by the provider only
//	external-id#<id>     who an External ID was given to, for ever; written by the provider only
//	delivery#<name>      what came back; written by the receiver only
//
// The two writers have no key in common, so that a policy with dynamodb:LeadingKeys keeps each to its own: CreateOffer,
// UpdateOffer and DeleteOffer write offer#* and external-id#*, PutDelivery writes delivery#*. Both read all.
//
// Every item has schema (N), which is 1. A reader refuses a higher number; attributes it does not know are ignored, so
// that adding one needs no new number. Attributes are left out when empty; times are RFC 3339 strings in UTC.
//
//	offer        name, offer_id, revision, account_id, region, external_id, previous_external_id, existing_role_arn,
//	             topic_arn, stack_name, template_key, template_sha256, template_version, inputs_digest (S)
//	             inputs (S: the JSON that import needs), template_body (B: gzip of the partner's own template)
//	             superseded (L of M: key, at)
//	external-id  onboarding (S: the name)
//	delivery     name, offer_id, status, reason, account_id, role_arn, stack_id, logical_resource_id, region,
//	             template_version, proven_external_id_sha256, delivered_at, verified_at, leaving_at, requested_at,
//	             failing_since (S), revision (N)
//	             claims (L of M: stack_id, logical_resource_id, role_arn, account_id, region, template_version,
//	             reason, at)
//	             answers (L of M: stack_id, request_id, status, reason, physical_resource_id, template_version)
//
// An offer's revision is an opaque string of its writer, a delivery's is a count. offer_id names one generation of an
// onboarding: a delivery with another one belongs to a former onboarding of that name.
package registry
