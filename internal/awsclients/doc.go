// Package awsclients makes the provider's clients of AWS's services, one for each service and region, and for Lambda a
// second one that waits as long as the receiver works; and it knows whose credentials they have. It imports nothing of
// this module, and the receiver does not import it: what is linked there is what a customer's delivery waits for when the
// function starts.
package awsclients
