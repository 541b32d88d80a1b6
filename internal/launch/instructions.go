package launch

import (
	_ "embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"slices"
	"strings"
	"text/template"
)

// Invitation is what a customer's instructions tell. Only Link is needed; what else is empty is left out.
type Invitation struct {
	Name       string
	AccountID  string
	ExternalID string
	// PreviousExternalID is trusted beside it while a rotation is under way.
	PreviousExternalID string
	TemplateSHA256     string
	RoleName           string
	// RolePath is "/" if empty.
	RolePath          string
	ManagedPolicyARNs []string
	InlinePolicyNames []string
	PartnerAccountID  string
	// TopicName is the partner's SNS topic that the stack reports to.
	TopicName string
	Link      Link
}

var (
	//go:embed instructions.md.tmpl
	markdownSource string
	//go:embed instructions.html.tmpl
	htmlSource string

	markdownPage = template.Must(template.New("instructions").Funcs(template.FuncMap{
		"code": inlineCode, "fenced": codeBlock, "button": markdownButton,
	}).Parse(markdownSource))
	htmlPage = htmltemplate.Must(htmltemplate.New("instructions").Parse(htmlSource))
)

// page is an invitation with all that follows from it.
type page struct {
	Invitation
	// LaunchURL is empty where the partition has no public console.
	LaunchURL          string
	AccountShown       string
	CreateCommand      string
	ReviewCommand      string
	RemoveCommand      string
	ForceRemoveCommand string
	Policy             string
}

// Instructions are for a person at the customer who has never seen xrole: what will be made, who can use it, how to
// launch, what can go wrong and how to remove it all. The HTML is one file that loads nothing and runs nothing. Without
// a public console in the link's partition the AWS CLI is the only way it tells.
func Instructions(inv Invitation, f Format) (string, error) {
	if err := checkFormat(f); err != nil {
		return "", err
	}
	p, err := newPage(inv)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if f == HTML {
		err = htmlPage.Execute(&b, p)
	} else {
		err = markdownPage.Execute(&b, p)
	}
	if err != nil {
		return "", fmt.Errorf("writing the instructions: %w", err)
	}
	return b.String(), nil
}

func newPage(inv Invitation) (page, error) {
	launchURL, err := inv.Link.URL()
	if err != nil && !errors.Is(err, ErrNoConsole) {
		return page{}, err
	}
	inv.ManagedPolicyARNs = slices.Sorted(slices.Values(inv.ManagedPolicyARNs))
	inv.InlinePolicyNames = slices.Sorted(slices.Values(inv.InlinePolicyNames))
	return page{
		Invitation:         inv,
		LaunchURL:          launchURL,
		AccountShown:       accountShown(inv.AccountID),
		CreateCommand:      CLICommand(inv.Link),
		ReviewCommand:      reviewCommand(inv.Link.TemplateURL),
		RemoveCommand:      removeCommand(inv.Link, false),
		ForceRemoveCommand: removeCommand(inv.Link, true),
		Policy:             deployerPolicy(inv),
	}, nil
}

// accountShown groups an account id as the console shows it, so that a person compares like with like.
func accountShown(id string) string {
	if len(id) != 12 {
		return id
	}
	return id[:4] + "-" + id[4:8] + "-" + id[8:]
}
