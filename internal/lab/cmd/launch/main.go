// Command launch is a customer of the lab: it opens a launch link as the console does, presses the button, and tells how
// the stack ended. It needs the environment of a lab that is up (source dist/lab.env).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func main() {
	profile := flag.String("as", "customer-globex", "who launches, as a profile of the lab")
	leave := flag.Bool("leave", false, "delete the stack that the link made")
	flag.Parse()
	if err := run(context.Background(), *profile, flag.Arg(0), *leave); err != nil {
		fmt.Fprintln(os.Stderr, "launch:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, profile, link string, leave bool) error {
	customer, err := lab.Visitor(ctx, profile)
	if err != nil {
		return err
	}
	var stack *lab.Stack
	if leave {
		stack, err = customer.Leave(ctx, link)
	} else {
		stack, err = customer.Launch(ctx, link)
	}
	if err != nil {
		return err
	}
	if err := stack.Wait(ctx); err != nil {
		return err
	}
	fmt.Printf("stack %s of %s in %s: %s %s\n", stack.Name, profile, stack.Region, stack.Status, stack.Reason)
	for _, name := range slices.Sorted(maps.Keys(stack.Outputs)) {
		fmt.Printf("  %s = %s\n", name, stack.Outputs[name])
	}
	if stack.Status != "CREATE_COMPLETE" && stack.Status != "DELETE_COMPLETE" {
		return errors.New("the stack failed; its reason is above")
	}
	return nil
}
