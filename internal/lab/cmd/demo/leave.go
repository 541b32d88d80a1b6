package main

import (
	"context"
	"fmt"
	"strings"
)

// leave: globex deletes its stack, and the partner is told.
func (d *demo) leave(ctx context.Context) error {
	d.tell.title("Globex leaves")
	seen := len(d.stack.Events)
	if err := d.stack.Delete(ctx); err != nil {
		return err
	}
	if err := d.stack.Wait(ctx); err != nil {
		return err
	}
	d.stack.Events = d.stack.Events[seen:]
	d.tell.events(d.stack)
	if d.stack.Status != "DELETE_COMPLETE" {
		return fmt.Errorf("globex's stack could not be deleted: %s: %s", d.stack.Status, d.stack.Reason)
	}
	d.tell.good("the stack is gone, and the role with it")
	d.tell.command("terraform plan -refresh-only")
	plan, _, err := d.admin.run(ctx, "plan", "-refresh-only", "-detailed-exitcode")
	if err != nil {
		return err
	}
	d.tell.code("%s", changedLines(plan))
	if !strings.Contains(plan, "leaving") {
		return fmt.Errorf("the plan does not show that globex is leaving:\n%s", plan)
	}
	d.tell.say("A Delete alone proves nothing, since CloudFormation sends it while the role still stands: `leaving` is what the stack said.")
	d.tell.say("The receiver goes on looking at the role every five minutes, and after ten of them `disconnected` follows, which the next plan shows.")
	return nil
}
