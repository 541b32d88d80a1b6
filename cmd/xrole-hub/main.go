// Command xrole-hub makes a hub and prints it as the value that an onboarding's `hub` takes, for use as a .tfvars.json
// file. It is for as long as Terraform has no resource of its own for it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/bundle"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "xrole-hub:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to be stopped
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("xrole-hub", flag.ContinueOnError)
	name := flags.String("name", "", "the hub's name: lower case letters, digits and hyphens")
	regions := flags.String("regions", "us-east-1", "where customers may launch, separated by commas; the first is the hub's home")
	trust := flags.String("trust", "", "ARNs of the roles that customers' roles let in, separated by commas")
	accounts := flags.String("accounts", "", "the customers' account ids, separated by commas")
	anyone := flags.Bool("anyone", false, "let anyone launch instead of the listed accounts")
	arch := flags.String("arch", "arm64", "what the receiver is built for: arm64, or amd64 (needed on a lab on such a machine)")
	profile := flags.String("profile", "", "the AWS profile to use")
	if err := flags.Parse(args); err != nil {
		return err
	}
	spec := hub.Spec{
		Name: *name, Regions: list(*regions), TrustedPrincipalARNs: list(*trust),
		Access: hub.Access{AccountIDs: list(*accounts), Anyone: *anyone}, Architecture: *arch,
	}
	if *arch == "amd64" {
		spec.Architecture = "x86_64"
	}
	if len(spec.Regions) == 0 || len(spec.TrustedPrincipalARNs) == 0 {
		return fmt.Errorf("-name, -regions and -trust are needed; see -help")
	}
	spec.Region = spec.Regions[0]
	cfg, err := awsapi.Load(ctx, awsapi.Options{Region: spec.Region, Profile: *profile})
	if err != nil {
		return err
	}
	progress := func(step string) { fmt.Fprintln(os.Stderr, step) }
	progress("Building the receiver")
	if spec.Code, err = bundle.Build(ctx, *arch); err != nil {
		return err
	}
	h, err := hub.Apply(ctx, awsapi.NewClients(cfg, nil), spec, progress)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(map[string]any{"hub": map[string]any{
		"account_id": h.AccountID, "partition": h.Partition, "region": h.Region, "regions": h.Regions,
		"bucket": h.Bucket, "table": h.Table, "topic_name": h.TopicName, "trusted_principal_arns": h.TrustedPrincipalARNs,
		"receiver_role_arn": h.ReceiverRoleARN, "receiver_function_arn": h.ReceiverFunctionARN,
	}})
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
