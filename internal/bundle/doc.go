// Package bundle builds the receiver as the zip file that Lambda takes, reproducibly. It needs the source and the go
// command, so it is for building and testing, never part of what is shipped.
package bundle
