// Package bench measures what xrole costs at thousands of customers: requests, CPU, memory and time, with the real
// Terraform and the real provider on the lab. "make bench" runs it and writes the results into README.md. Nothing here
// asserts a time; what must hold is counted in requests and held by tests in the packages themselves.
package bench
