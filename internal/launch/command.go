package launch

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@-]+$`)

// CLICommand is the link as AWS CLI commands for a POSIX shell: one that makes the stack, one that waits until it is
// complete. It works in every partition.
func CLICommand(l Link) string {
	create := append(stackCommand("create-stack", l.Region, l.StackName), templateFlags(l.TemplateURL, l.Parameters)...)
	return commandLine(create) + " &&\n" + commandLine(stackCommand("wait stack-create-complete", l.Region, l.StackName))
}

// UpdateURL is the console's page that updates a customer's stack to a template. AWS documents no link for updates;
// this is the form that published tools use, AWS's Service Workbench among them. A console that ignores the template
// URL still opens the right stack's update, so give the template URL beside the link. The error is ErrNoConsole in a partition without
// a public console.
func UpdateURL(stackID, templateURL string) (string, error) {
	stack, err := partition.ParseStackID(stackID)
	if err != nil {
		return "", err
	}
	if err := validateTemplateURL(templateURL); err != nil {
		return "", err
	}
	host := partition.ForRegion(stack.Region).ConsoleHost(stack.Region)
	if host == "" {
		return "", fmt.Errorf("region %q: %w", stack.Region, ErrNoConsole)
	}
	return "https://" + host + consolePath + stack.Region + updateRoute +
		"stackId=" + encode(stackID) + "&templateURL=" + encode(templateURL), nil
}

// UpdateCommand updates a customer's stack to a template by AWS CLI commands for a POSIX shell, and waits. Every
// parameter that the launch link set must be given again: CloudFormation sets the others to the template's defaults.
func UpdateCommand(stackID, templateURL string, parameters map[string]string) (string, error) {
	stack, err := partition.ParseStackID(stackID)
	if err != nil {
		return "", err
	}
	return updateCommand(Link{Region: stack.Region, TemplateURL: templateURL, Parameters: parameters}, stackID), nil
}

func updateCommand(l Link, stack string) string {
	update := append(stackCommand("update-stack", l.Region, stack), templateFlags(l.TemplateURL, l.Parameters)...)
	return commandLine(update) + " &&\n" + commandLine(stackCommand("wait stack-update-complete", l.Region, stack))
}

const changeSet = "--change-set-name review"

// changeSetCommand shows what the stack would make, or what an update of one that stands would change, and does none of it.
func changeSetCommand(l Link, stands bool) string {
	kind := "--change-set-type CREATE"
	if stands {
		kind = "--change-set-type UPDATE"
	}
	create := append(stackCommand("create-change-set", l.Region, l.StackName), changeSet, kind)
	create = append(create, templateFlags(l.TemplateURL, l.Parameters)...)
	wait := append(stackCommand("wait change-set-create-complete", l.Region, l.StackName), changeSet)
	show := append(stackCommand("describe-change-set", l.Region, l.StackName), changeSet)
	return commandLine(create) + " &&\n" + commandLine(wait) + " &&\n" + commandLine(show)
}

func executeCommand(l Link, stands bool) string {
	wait := "wait stack-create-complete"
	if stands {
		wait = "wait stack-update-complete"
	}
	execute := append(stackCommand("execute-change-set", l.Region, l.StackName), changeSet)
	return commandLine(execute) + " &&\n" + commandLine(stackCommand(wait, l.Region, l.StackName))
}

func stackCommand(command, region, stack string) []string {
	return []string{"aws cloudformation " + command, "--region " + quote(region), "--stack-name " + quote(stack)}
}

func templateFlags(templateURL string, parameters map[string]string) []string {
	flags := []string{"--template-url " + quote(templateURL)}
	if len(parameters) > 0 {
		flags = append(flags, "--parameters "+quote(parameterList(parameters)))
	}
	return append(flags, "--capabilities CAPABILITY_NAMED_IAM")
}

// parameterList is JSON because the CLI's shorthand gives commas, brackets and quotes a meaning of their own.
func parameterList(parameters map[string]string) string {
	type parameter struct{ ParameterKey, ParameterValue string }
	list := make([]parameter, 0, len(parameters))
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		list = append(list, parameter{name, parameters[name]})
	}
	return marshal(list, "")
}

// marshal writes JSON for people: "&" and "<" stay as they are. It is given structs, maps and lists of strings only, which always encode.
func marshal(v any, indent string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// removeCommand deletes the stack; with force also one whose custom resource nobody answers any more.
func removeCommand(l Link, force bool) string {
	words := stackCommand("delete-stack", l.Region, l.StackName)
	if force {
		words = append(words, "--deletion-mode FORCE_DELETE_STACK")
	}
	return commandLine(words)
}

// reviewCommand fetches the template and prints its SHA-256; it is empty when the template is not an object of S3.
func reviewCommand(templateURL string) string {
	o, ok := objectOf(templateURL)
	if !ok {
		return ""
	}
	fetch := []string{"aws s3 cp", "--region " + quote(o.region), quote("s3://" + o.bucket + "/" + o.key), "template.yaml"}
	return commandLine(fetch) + " &&\nsha256sum template.yaml"
}

func commandLine(words []string) string { return strings.Join(words, " \\\n  ") }

// quote makes one word of a POSIX shell. Inside single quotes nothing has a meaning but the single quote itself.
func quote(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
