// Command lab starts the AWS lab by hand: an AWS on this machine for Terraform and the AWS CLI, until Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func main() {
	exports := flag.String("exports", "dist/lab.env", "the file to write what another shell has to source")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *exports); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1) //nolint:gocritic // the signals end with the process
	}
}

func run(ctx context.Context, exportsFile string) (err error) {
	l, err := lab.Start(ctx, lab.Options{Log: os.Stderr})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	partner := ""
	for _, a := range []struct{ id, profile string }{
		{"111111111111", "partner"},
		{"222222222222", "customer-globex"},
		{"333333333333", "customer-initech"},
	} {
		account, err := l.Account(ctx, a.id, a.profile)
		if err != nil {
			return err
		}
		if partner == "" {
			partner = account.ARN
		}
	}
	if err := l.UseMirror(ctx); err != nil {
		return err
	}
	remove, err := l.WriteExports("partner", exportsFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	fmt.Print(l.Exports("partner"))
	fmt.Printf(`
The lab is up. In another shell: source %s
Terraform then finds the provider of this repository, and AWS_PROFILE chooses who acts: partner (111111111111, as
%s), customer-globex (222222222222) or customer-initech (333333333333).
%s
A customer launches with: go run ./internal/lab/cmd/launch -as customer-globex "<link>". Ctrl-C ends the lab and removes
everything in it. The receiver's schedule does not run here by itself; have it look at what is due with
aws lambda invoke --function-name xrole-<hub>-receiver --cli-binary-format raw-in-base64-out --payload '{"schedule":{}}' /dev/null
`, exportsFile, partner, lab.AboutHubs(partner))
	<-ctx.Done()
	for _, what := range l.Broken() {
		fmt.Fprintln(os.Stderr, "the lab cannot do this:", what)
	}
	return nil
}
