// Package messages collects from the source what the provider can say to its user, for the guide that lists it. It is a
// tool, in no binary that is shipped.
package messages
