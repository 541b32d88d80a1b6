package launch

import (
	_ "embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Invitation is what a customer's instructions tell. Only Link is needed; what else is empty is left out.
type Invitation struct {
	// Partner is what the partner is called.
	Partner    string
	Name       string
	AccountID  string
	ExternalID string
	// PreviousExternalID is trusted beside it while a rotation is under way.
	PreviousExternalID string
	TemplateSHA256     string
	RoleName           string
	// RolePath is "/" if empty.
	RolePath string
	// RoleDescription is the partner's own word on what the role is for.
	RoleDescription        string
	PermissionsBoundaryARN string
	ManagedPolicyARNs      []string
	// InlinePolicies are JSON documents by name.
	InlinePolicies   map[string]string
	PartnerAccountID string
	// TrustedPrincipalARNs are those of the partner's account that the role lets in, beside the service that checks it.
	TrustedPrincipalARNs []string
	// TopicName is the partner's SNS topic that the stack reports to.
	TopicName string
	// TimeoutSeconds is how long the stack waits for the partner's answer; an hour, which is AWS's limit, if 0.
	TimeoutSeconds int
	// Resources and Parameters are of a template of the partner's own; none for xrole's, which makes one role.
	Resources  []Resource
	Parameters []Parameter
	Link       Link
	// StackID is the stack that the customer has launched already, if it stands: the page leads with its update, unless the
	// link is for another region by now.
	StackID string
}

// Resource is what the partner's own template makes.
type Resource struct {
	LogicalID, Type string
	// Conditional is true if it may not be made.
	Conditional bool
	// Kept is true if it stays when the stack is deleted.
	Kept bool
}

// Parameter is one that the customer may fill in, or must if it is required. What the link carries is filled in already.
type Parameter struct {
	Name, Description, Default string
	Required                   bool
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
	// LaunchURL and UpdateURL are empty where the partition has no public console, and UpdateURL is without a stack.
	LaunchURL string
	UpdateURL string
	// Elsewhere is the region of a stack that the customer deletes before it launches.
	Elsewhere    string
	AccountShown string
	Managed      []managedPolicy
	Policies     []inlinePolicy
	Rights       []right
	// Choices are the parameters that the link leaves open, Filled those that it fills in.
	Choices, Filled []Parameter
	// MustChoose is true if the stack cannot be made without a value of the customer's.
	MustChoose         bool
	Kept               []Resource
	Wait               string
	CreateCommand      string
	ChangeSetCommand   string
	ExecuteCommand     string
	ReviewCommand      string
	UpdateCommand      string
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
	create := CLICommand(inv.Link)
	updateURL, elsewhere, err := standing(&inv)
	if err != nil {
		return page{}, err
	}
	inv.ManagedPolicyARNs = slices.Sorted(slices.Values(inv.ManagedPolicyARNs))
	inv.TrustedPrincipalARNs = slices.Sorted(slices.Values(inv.TrustedPrincipalARNs))
	rules := deployerStatements(inv)
	p := page{
		Invitation:         inv,
		LaunchURL:          launchURL,
		Elsewhere:          elsewhere,
		UpdateURL:          updateURL,
		AccountShown:       accountShown(inv.AccountID),
		CreateCommand:      create,
		ChangeSetCommand:   changeSetCommand(inv.Link, inv.StackID != ""),
		ExecuteCommand:     executeCommand(inv.Link, inv.StackID != ""),
		ReviewCommand:      reviewCommand(inv.Link.TemplateURL),
		UpdateCommand:      updateCommand(inv.Link, inv.Link.StackName),
		RemoveCommand:      removeCommand(inv.Link, false),
		ForceRemoveCommand: removeCommand(inv.Link, true),
		Policy:             deployerPolicy(rules),
		Rights:             rights(rules),
		Managed:            managedPolicies(inv.ManagedPolicyARNs),
		Policies:           inlinePolicies(inv.InlinePolicies),
		Wait:               wait(inv.TimeoutSeconds),
	}
	for _, parameter := range inv.Parameters {
		value, filled := inv.Link.Parameters[parameter.Name]
		if filled {
			parameter.Default, parameter.Required = value, false
			p.Filled = append(p.Filled, parameter)
			continue
		}
		p.Choices = append(p.Choices, parameter)
		p.MustChoose = p.MustChoose || parameter.Required
	}
	for _, resource := range inv.Resources {
		if resource.Kept {
			p.Kept = append(p.Kept, resource)
		}
	}
	return p, nil
}

// standing takes the name of the stack that the customer has, which may have changed it, and returns the
// console's page for its update; or the region where it stands, if that is another one than the link's.
func standing(inv *Invitation) (updateURL, elsewhere string, err error) {
	if inv.StackID == "" {
		return "", "", nil
	}
	stack, err := partition.ParseStackID(inv.StackID)
	if err != nil {
		return "", "", err
	}
	if stack.Region != inv.Link.Region { // it cannot be updated from a template for another region
		inv.StackID = ""
		return "", stack.Region, nil
	}
	inv.Link.StackName = stack.Name
	updateURL, err = UpdateURL(inv.StackID, inv.Link.TemplateURL)
	if errors.Is(err, ErrNoConsole) {
		return "", "", nil
	}
	return updateURL, "", err
}

// managedPolicy is one that the role has; URL is AWS's page on what it allows, for those that AWS makes.
type managedPolicy struct{ ARN, URL string }

var awsPolicy = regexp.MustCompile(`^arn:aws:iam::aws:policy/(?:[A-Za-z0-9-]+/)*([A-Za-z0-9_-]+)$`)

func managedPolicies(arns []string) []managedPolicy {
	list := make([]managedPolicy, 0, len(arns))
	for _, arn := range arns {
		p := managedPolicy{ARN: arn}
		if m := awsPolicy.FindStringSubmatch(arn); m != nil {
			p.URL = "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/" + m[1] + ".html"
		}
		list = append(list, p)
	}
	return list
}

func wait(seconds int) string {
	minutes := (seconds + 59) / 60
	switch {
	case seconds <= 0 || minutes >= 60:
		return "an hour"
	case minutes == 1:
		return "a minute"
	}
	return strconv.Itoa(minutes) + " minutes"
}

// accountShown groups an account id as the console shows it, so that a person compares like with like.
func accountShown(id string) string {
	if len(id) != 12 {
		return id
	}
	return id[:4] + "-" + id[4:8] + "-" + id[8:]
}
