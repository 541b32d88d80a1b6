// Package lab is AWS on one machine, for tests, benchmarks and demonstrations: moto with a plugin (moto/), a third
// party's policy evaluator (oracle/), and, in this package, the forward proxy in front of them, the accounts, a
// customer who follows launch links and a runner for the real Terraform CLI.
//
// What is under test speaks https to AWS's real host names. HTTPS_PROXY and SSL_CERT_FILE lead it here, so that no
// endpoint override and no test switch is needed, and nothing leaves the machine: the proxy refuses every other host.
// The same proxy keeps the log of all requests and injects faults.
//
// The lab runs on Linux and macOS. Only tests, benchmarks and its own commands import it, and no shipped binary contains it.
package lab
