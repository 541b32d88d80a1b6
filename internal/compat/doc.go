// Package compat holds the versions of xrole together. It has tests only: what each released format looked like is in
// testdata, recorded once from the code of that time, and what is there must work with the code of today.
//
// A folder of testdata is never changed. When a format grows, record another one beside it:
//
//	go test ./internal/compat -run TestRecord -record v2
package compat
