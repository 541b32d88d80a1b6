// Package trust makes External IDs and proves that a role asks for one: it can be assumed with the right External ID,
// and can be assumed neither without one nor with another. It knows neither Terraform nor messages.
package trust
