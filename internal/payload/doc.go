// Package payload carries the receiver inside the provider, as the zip files that Lambda takes. They are built by
// "make receiver" and not committed; without them the module compiles, and asking for one says so. It imports nothing of
// this module.
package payload
