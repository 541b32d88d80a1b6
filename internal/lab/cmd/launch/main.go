// Command launch is a customer of the lab: it opens a launch link as the console does, presses the button, and tells how
// the stack ended. It needs the environment of a lab that is up (source dist/lab.env).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func main() {
	profile := flag.String("as", visitor(os.Getenv("AWS_PROFILE")), "who launches, as a profile of the lab; AWS_PROFILE says it, too")
	leave := flag.Bool("leave", false, "delete the stack that the link made")
	flag.Parse()
	if err := run(context.Background(), *profile, flag.Arg(0), *leave); err != nil {
		fmt.Fprintln(os.Stderr, "launch:", err)
		os.Exit(1)
	}
}

// visitor is a customer's profile, as that of the environment is, unless it is the partner's.
func visitor(profile string) string {
	if strings.HasPrefix(profile, "customer-") {
		return profile
	}
	return "customer-globex"
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
	if err := stack.Follow(ctx, func(e lab.Event) { tellEvent(os.Stdout, e) }); err != nil {
		return err
	}
	return tellEnd(os.Stdout, profile, stack)
}

// tellEvent is a line of the stack's page, which shows what there is to wait for.
func tellEvent(out io.Writer, e lab.Event) {
	_, _ = fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("  %-20s %-28s %s", e.Status, e.LogicalResourceID, e.Reason), " "))
}

// tellEnd says how it ended. The outputs of a stack that is gone name what is gone.
func tellEnd(out io.Writer, profile string, stack *lab.Stack) error {
	_, _ = fmt.Fprintln(out, strings.TrimRight(fmt.Sprintf("stack %s of %s in %s: %s %s", stack.Name, profile, stack.Region, stack.Status, stack.Reason), " "))
	switch stack.Status {
	case "DELETE_COMPLETE":
	case "CREATE_COMPLETE":
		for _, name := range slices.Sorted(maps.Keys(stack.Outputs)) {
			_, _ = fmt.Fprintf(out, "  %s = %s\n", name, stack.Outputs[name])
		}
	default:
		return errors.New("the stack failed; its reason is above")
	}
	return nil
}
