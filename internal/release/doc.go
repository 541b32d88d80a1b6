// Package release holds what is shipped to what was promised: the platforms, what a binary knows of itself, and the
// licences of everything that is linked. It is for building and testing, never part of what is shipped.
package release
