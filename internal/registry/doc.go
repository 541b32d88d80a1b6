// Package registry is the memory of a hub: what was offered to each customer and what came back. It holds the item
// types, the one table of statuses and events, and the DynamoDB store. It imports nothing of this module and knows
// neither Terraform nor messages.
//
// # Format
//
// One table with the string key pk and four kinds of items:
//
//	offer#<name>         what the partner offered; written by the provider only
//	external-id#<id>     who an External ID was given to, for ever; written by the provider only
//	delivery#<name>      what came back; written by the receiver only
//	hub#settings         what the hub was last applied with; written by the provider only, in package hub
//
// The two writers have no key in common, so that a policy with dynamodb:LeadingKeys keeps each to its own: CreateOffer,
// UpdateOffer, RetireOffer and DeleteOffer write offer#* and external-id#*, PutDelivery writes delivery#*. Both read
// offers and deliveries.
//
// Every item but the settings has schema (N), which is 1. A reader refuses a higher number; attributes it does not know
// are ignored, so that adding one needs no new number. Attributes are left out when empty; times are RFC 3339 strings in
// UTC.
//
//	offer        name, offer_id, revision, account_id, region, external_id, previous_external_id, existing_role_arn,
//	             topic_arn, stack_name, template_key, template_sha256, template_etag, template_version,
//	             inputs_digest (S)
//	             inputs (S: the JSON that import needs), template_body (B: gzip of the partner's own template)
//	             former (L of M: version, external_id)
//	             superseded (L of M: key, at)
//	external-id  onboarding (S: the name)
//	delivery     name, offer_id, status, reason, account_id, role_arn, stack_id, logical_resource_id, region,
//	             template_version, proven_external_id_sha256, delivered_at, verified_at, leaving_at, requested_at,
//	             failing_since (S), revision (N)
//	             due (S: always "check"), due_at (S: to the second)
//	             unannounced (L of M: id, from, to, at, reason)
//	             claims (L of M: stack_id, logical_resource_id, role_arn, account_id, region, template_version,
//	             reason, at, answered)
//	             answers (L of M: stack_id, request_id, logical_resource_id, left_at, status, reason, physical_resource_id, template_version)
//
// All within a list is S, but answered, which is BOOL. The settings have settings (S: JSON) and revision (S).
//
// An offer's revision is an opaque string of its writer, a delivery's is a count. offer_id names one generation of an
// onboarding: a delivery with another one belongs to a former onboarding of that name.
//
// The index due, of the keys due and due_at, holds the deliveries that must be looked at, and no other item.
package registry
