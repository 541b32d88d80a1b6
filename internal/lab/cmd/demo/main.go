// Command demo plays the whole journey on the lab and tells it: a partner invites three customers, one launches well,
// one is in the wrong account, one has not clicked yet; the partner sees the role, uses it, and a customer leaves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func main() {
	keep := flag.Bool("keep", false, "leave the lab up at the end, until Ctrl-C")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *keep)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo failed: %v\n", err)
		os.Exit(1)
	}
}

// exports is what another shell has to source, as of make lab.
const exports = "dist/lab.env"

// home is the hub's home region, as the examples have it.
const home = "us-east-1"

// demo is the stage: the lab, who plays, and the two configurations.
type demo struct {
	lab       *lab.Lab
	tell      *narrator
	partner   *lab.Account
	globex    *lab.Account
	initech   *lab.Account
	umbrella  *lab.Account
	admin     *terraform // examples/complete
	collector *terraform // examples/collector
	stack     *lab.Stack // globex's
	dir       string
}

func run(ctx context.Context, keep bool) (err error) {
	d := &demo{tell: newNarrator(os.Stdout)}
	d.dir, err = os.MkdirTemp("", "xrole-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(d.dir)) }()
	if err := d.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.lab.Close()) }()
	for _, act := range []func(context.Context) error{d.invite, d.click, d.see, d.use, d.leave} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	d.tell.title("That was the journey")
	if keep {
		return d.wait(ctx)
	}
	d.tell.say("Everything ran on this machine and is gone again. `make demo KEEP=1` leaves it up to play with.")
	return nil
}

// open starts the lab and builds the provider.
func (d *demo) open(ctx context.Context) (err error) {
	d.tell.title("The stage")
	d.tell.step("Starting AWS on this machine (moto, a policy oracle, a proxy with real host names)")
	if d.lab, err = lab.Start(ctx, lab.Options{}); err != nil {
		return err
	}
	if err := d.cast(ctx); err != nil {
		return errors.Join(err, d.lab.Close())
	}
	return nil
}

func (d *demo) cast(ctx context.Context) (err error) {
	for _, role := range []struct {
		who         **lab.Account
		id, profile string
	}{
		{&d.partner, "111111111111", "partner"},
		{&d.globex, "222222222222", "customer-globex"},
		{&d.initech, "333333333333", "customer-initech"},
		{&d.umbrella, "444444444444", "customer-umbrella"},
	} {
		if *role.who, err = d.lab.Account(ctx, role.id, role.profile); err != nil {
			return err
		}
	}
	d.tell.step("Building the provider")
	if _, err = d.lab.ProviderMirror(ctx); err != nil {
		return err
	}
	if d.admin, err = d.configure("complete"); err != nil {
		return err
	}
	d.collector, err = d.configure("collector")
	return err
}

// configure copies an example, so that the demo runs what the documentation shows.
func (d *demo) configure(example string) (*terraform, error) {
	dir := filepath.Join(d.dir, example)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("examples", example))); err != nil {
		return nil, fmt.Errorf("copying the example: %w", err)
	}
	return &terraform{lab: d.lab, dir: dir, profile: d.partner.Profile}, nil
}

func (d *demo) wait(ctx context.Context) (err error) {
	if err := d.lab.UseMirror(ctx); err != nil {
		return err
	}
	remove, err := d.lab.WriteExports(d.partner.Profile, exports)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	d.tell.say("The lab is up. In another shell, in this folder:")
	d.tell.code("source %s", exports)
	d.tell.say("Then, for example:")
	d.tell.code("terraform -chdir=%s plan\naws cloudformation describe-stacks --region eu-west-1 --profile customer-globex", d.admin.dir)
	d.tell.say("%s", lab.AboutHubs(d.partner.ARN))
	d.tell.say("Ctrl-C ends it and removes everything.")
	<-ctx.Done()
	return nil
}
