package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

// invite: Acme declares its hub and three customers, and applies.
func (d *demo) invite(ctx context.Context) error {
	d.tell.title("Acme starts from an empty account and invites three customers")
	err := d.admin.variables(map[string]any{
		"architecture": lab.Architecture(),
		// With which role Acme works in its customers' accounts; here it is who runs everything.
		"trusted_principal_arns": []string{d.partner.ARN},
		"customers": map[string]any{
			"globex":   map[string]any{"account_id": d.globex.ID, "region": "eu-west-1"},
			"initech":  map[string]any{"account_id": d.initech.ID},
			"umbrella": map[string]any{"account_id": d.umbrella.ID},
		},
	})
	if err != nil {
		return err
	}
	if err := d.admin.init(ctx); err != nil {
		return err
	}
	d.tell.command("terraform apply    # examples/complete: the hub (bucket, registry, receiver, topics in two regions) and the customers")
	out, _, err := d.admin.run(ctx, "apply", "-auto-approve")
	if err != nil {
		return err
	}
	d.tell.code("%s", made(out))
	links, err := d.invitations(ctx)
	if err != nil {
		return err
	}
	d.tell.say("Each customer has an External ID, a template and a launch link of its own:")
	for _, name := range []string{"globex", "initech", "umbrella"} {
		d.tell.code("%-9s %s", name, links[name])
	}
	_, changes, err := d.admin.run(ctx, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	if changes {
		return fmt.Errorf("a plan right after the apply shows changes")
	}
	d.tell.good("a second plan shows no change")
	return nil
}

func (d *demo) invitations(ctx context.Context) (map[string]string, error) {
	links := map[string]string{}
	return links, d.admin.output(ctx, "invitations", &links)
}

// click: globex launches well, somebody at initech is signed in to the wrong account, umbrella has not clicked.
func (d *demo) click(ctx context.Context) error {
	links, err := d.invitations(ctx)
	if err != nil {
		return err
	}
	d.tell.title("Globex presses the button")
	d.tell.say("What the console shows on the page of the stack:")
	stack, err := d.globex.Launch(ctx, links["globex"])
	if err != nil {
		return err
	}
	if err := stack.Wait(ctx); err != nil {
		return err
	}
	d.tell.events(stack)
	if stack.Status != "CREATE_COMPLETE" {
		return fmt.Errorf("globex's stack ended as %s: %s", stack.Status, stack.Reason)
	}
	d.stack = stack
	d.tell.good("the role is made, and the receiver has proven it before it answered the stack")
	if err := d.wrongAccount(ctx, links["initech"]); err != nil {
		return err
	}
	d.tell.title("Umbrella has not clicked yet")
	d.tell.say("So nothing came back from it: its status stays `pending`, and its link goes on working.")
	return nil
}

func (d *demo) wrongAccount(ctx context.Context, link string) error {
	d.tell.title("Initech presses the button, signed in to another account")
	stranger, err := d.lab.Account(ctx, "555555555555", "stranger")
	if err != nil {
		return err
	}
	_, err = stranger.Launch(ctx, link)
	if err == nil {
		return fmt.Errorf("an account that the template is not for could read it")
	}
	d.tell.bad("%s", lastSentence(err))
	d.tell.say("Only account %s may read this template. The instructions say beside the button what that means.", d.initech.ID)
	body, err := d.readTemplate(ctx, link)
	if err != nil {
		return err
	}
	d.tell.say("A colleague passes the template on as a file, and it is launched there all the same:")
	_, err = stranger.Launch(ctx, link, func(f *lab.Form) { f.TemplateBody = body })
	if err == nil {
		return fmt.Errorf("the template was launched in an account that it is not for")
	}
	d.tell.bad("%s", lastSentence(err))
	d.tell.good("nothing was made in the wrong account")
	return nil
}

// readTemplate reads the template as the invited customer.
func (d *demo) readTemplate(ctx context.Context, launchURL string) (string, error) {
	link, err := launch.Parse(launchURL)
	if err != nil {
		return "", err
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(link.TemplateURL, "https://"), "/")
	bucket := ""
	if err := d.admin.output(ctx, "bucket", &bucket); err != nil {
		return "", err
	}
	out, err := s3.NewFromConfig(d.initech.Config(home)).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return "", err
	}
	defer out.Body.Close() //nolint:errcheck // reading is over
	raw, err := io.ReadAll(out.Body)
	return string(raw), err
}

// see: the next plan shows what came back.
func (d *demo) see(ctx context.Context) error {
	d.tell.title("Acme's next plan sees it")
	d.tell.command("terraform plan -refresh-only")
	plan, _, err := d.admin.run(ctx, "plan", "-refresh-only", "-detailed-exitcode")
	if err != nil {
		return err
	}
	d.tell.code("%s", changedLines(plan))
	d.tell.command("terraform plan")
	_, changes, err := d.admin.run(ctx, "plan", "-detailed-exitcode")
	if err != nil {
		return err
	}
	if strings.Contains(plan, "launch_url") || changes && strings.Contains(plan, "will be updated") {
		return fmt.Errorf("a delivery made the plan propose an action:\n%s", plan)
	}
	d.tell.good("no action is proposed")
	_, _, err = d.admin.run(ctx, "apply", "-refresh-only", "-auto-approve")
	return err
}

type role struct {
	Status     string `json:"status"`
	RoleARN    string `json:"role_arn"`
	ExternalID string `json:"external_id"`
}

// use: the collector, a configuration of its own, finds the role and assumes it.
func (d *demo) use(ctx context.Context) error {
	d.tell.title("Acme's collector uses the role")
	found, err := d.collect(ctx)
	if err != nil {
		return err
	}
	client := sts.NewFromConfig(d.partner.Config(home))
	assume := func(externalID *string) error {
		_, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &found.RoleARN, RoleSessionName: aws.String("collector"), ExternalId: externalID})
		return err
	}
	if err := assume(&found.ExternalID); err != nil {
		return fmt.Errorf("the role could not be assumed: %w", err)
	}
	d.tell.good("sts:AssumeRole with the External ID: allowed")
	if assume(nil) == nil || assume(aws.String("guessed")) == nil {
		return fmt.Errorf("the role could be assumed without the right External ID")
	}
	d.tell.good("without it, or with another: denied")
	return nil
}

func (d *demo) collect(ctx context.Context) (role, error) {
	err := d.collector.variables(map[string]any{"customer": "globex"})
	if err != nil {
		return role{}, err
	}
	if err := d.collector.init(ctx); err != nil {
		return role{}, err
	}
	d.tell.command("terraform apply    # examples/collector: data.xrole_hub, data.xrole_role")
	if _, _, err := d.collector.run(ctx, "apply", "-auto-approve"); err != nil {
		return role{}, err
	}
	var found role
	if err := d.collector.output(ctx, "role", &found); err != nil {
		return role{}, err
	}
	d.tell.code("status      = %s\nrole_arn    = %s\nexternal_id = %s", found.Status, found.RoleARN, found.ExternalID)
	if found.Status != "verified" {
		return role{}, fmt.Errorf("globex is %s, not verified", found.Status)
	}
	return found, nil
}

func lastSentence(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, "ValidationError: "); i >= 0 {
		return text[i+len("ValidationError: "):]
	}
	return text
}
