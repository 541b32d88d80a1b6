// Package partition knows what differs between AWS partitions (DNS suffix, console host), joins ARNs and takes apart the
// two kinds that everything else rests on, role ARNs and stack ids, and knows the forms of AWS's names that several packages
// check. It is pure and imports nothing of this module.
package partition
