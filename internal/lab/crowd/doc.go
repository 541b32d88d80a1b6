// Package crowd fills a hub of the lab with thousands of customers in-process, through the code that the provider
// runs, for what is measured at sizes that are too slow to apply. Like the lab it is for tests and benchmarks only.
package crowd
