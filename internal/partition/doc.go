// Package partition knows what differs between AWS partitions (DNS suffix, console host) and takes apart the two
// kinds of ARN that everything else rests on: role ARNs and stack ids. It is pure and imports nothing of this module.
package partition
