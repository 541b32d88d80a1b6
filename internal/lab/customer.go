package lab

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/xrole/terraform-provider-xrole/internal/launch"
)

// Form is the console's page to which a launch link leads, filled in. A customer may change every field before
// pressing the button.
type Form struct {
	Region      string
	StackName   string
	TemplateURL string
	// TemplateBody, when set, takes the place of TemplateURL: a template of the customer's own.
	TemplateBody string
	Parameters   map[string]string
}

// Stack is a stack of a customer's account.
type Stack struct {
	// ID is the stack's ARN.
	ID     string
	Name   string
	Region string
	// Status, Reason, Parameters, Outputs and Events are of the last Refresh or Wait.
	Status     string
	Reason     string
	Parameters map[string]string
	Outputs    map[string]string
	// Events are in order of time, oldest first.
	Events []Event

	client *cloudformation.Client
}

// Event is one line of a stack's history.
type Event struct {
	Time               time.Time
	LogicalResourceID  string
	PhysicalResourceID string
	ResourceType       string
	Status             string
	Reason             string
}

const (
	pollEvery   = 20 * time.Millisecond
	followEvery = 250 * time.Millisecond
	// settleIn limits a Wait whose context has no limit of its own.
	settleIn = 2 * time.Minute
)

// Launch is a customer who opens a launch link, changes the form if told so, acknowledges the IAM capability and
// presses the button. It acts on exactly what the link says and returns when CloudFormation has accepted the stack;
// Wait waits for the end. As in the console, parameters which the template does not declare or hides (NoEcho) are
// dropped without a word.
func (a *Account) Launch(ctx context.Context, launchURL string, edit ...func(*Form)) (*Stack, error) {
	link, err := launch.Parse(launchURL)
	if err != nil {
		return nil, fmt.Errorf("opening the launch link: %w", err)
	}
	form := Form{Region: link.Region, StackName: link.StackName, TemplateURL: link.TemplateURL, Parameters: map[string]string{}}
	maps.Copy(form.Parameters, link.Parameters)
	for _, e := range edit {
		e(&form)
	}
	client := cloudformation.NewFromConfig(a.Config(form.Region))
	declared, err := form.declared(ctx, client)
	if err != nil {
		return nil, err
	}
	in := &cloudformation.CreateStackInput{
		StackName:    &form.StackName,
		TemplateURL:  form.templateURL(),
		TemplateBody: form.templateBody(),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}
	for name, value := range form.Parameters {
		hidden, ok := declared[name]
		if ok && (!hidden || link.Parameters[name] != value) {
			in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: &name, ParameterValue: &value})
		}
	}
	out, err := client.CreateStack(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("launching stack %s: %w", form.StackName, err)
	}
	return &Stack{ID: *out.StackId, Name: form.StackName, Region: form.Region, client: client}, nil
}

// Leave deletes the stack that a launch link made, and returns when CloudFormation has accepted that.
func (a *Account) Leave(ctx context.Context, launchURL string) (*Stack, error) {
	link, err := launch.Parse(launchURL)
	if err != nil {
		return nil, fmt.Errorf("opening the launch link: %w", err)
	}
	s := &Stack{ID: link.StackName, Name: link.StackName, Region: link.Region, client: cloudformation.NewFromConfig(a.Config(link.Region))}
	if err := s.Refresh(ctx); err != nil {
		return nil, err
	}
	return s, s.Delete(ctx)
}

// declared returns the template's parameters, and of each whether it is hidden.
func (f *Form) declared(ctx context.Context, client *cloudformation.Client) (map[string]bool, error) {
	out, err := client.GetTemplateSummary(ctx, &cloudformation.GetTemplateSummaryInput{TemplateURL: f.templateURL(), TemplateBody: f.templateBody()})
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	names := map[string]bool{}
	for _, p := range out.Parameters {
		names[aws.ToString(p.ParameterKey)] = aws.ToBool(p.NoEcho)
	}
	return names, nil
}

func (f *Form) templateURL() *string {
	if f.TemplateBody != "" {
		return nil
	}
	return &f.TemplateURL
}

func (f *Form) templateBody() *string {
	if f.TemplateBody == "" {
		return nil
	}
	return &f.TemplateBody
}

// Update is the customer's update in the console to another template, and returns when it is accepted. Parameters that
// the stack has keep their values, and new ones get their defaults, unless edit sets them.
func (s *Stack) Update(ctx context.Context, templateURL string, edit ...func(*Form)) error {
	form := Form{Region: s.Region, StackName: s.ID, TemplateURL: templateURL, Parameters: map[string]string{}}
	for _, e := range edit {
		e(&form)
	}
	if err := s.Refresh(ctx); err != nil {
		return err
	}
	declared, err := form.declared(ctx, s.client)
	if err != nil {
		return err
	}
	in := &cloudformation.UpdateStackInput{
		StackName:    &form.StackName,
		TemplateURL:  form.templateURL(),
		TemplateBody: form.templateBody(),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}
	for name := range declared {
		if value, ok := form.Parameters[name]; ok {
			in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: &name, ParameterValue: &value})
		} else if _, ok := s.Parameters[name]; ok {
			in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: &name, UsePreviousValue: aws.Bool(true)})
		}
	}
	if _, err := s.client.UpdateStack(ctx, in); err != nil {
		return fmt.Errorf("updating stack %s: %w", s.Name, err)
	}
	return nil
}

// Delete deletes the stack, and returns when CloudFormation has accepted that.
func (s *Stack) Delete(ctx context.Context) error {
	if _, err := s.client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &s.ID}); err != nil {
		return fmt.Errorf("deleting stack %s: %w", s.Name, err)
	}
	return nil
}

// Wait refreshes until nothing is in progress any more. Where that ended is in Status: a stack that failed is no error
// here.
func (s *Stack) Wait(ctx context.Context) error {
	if err := s.settled(ctx, pollEvery, s.describe); err != nil {
		return err
	}
	return s.Refresh(ctx)
}

// Follow is Wait for a person: it tells each event that is new when it comes.
func (s *Stack) Follow(ctx context.Context, tell func(Event)) error {
	told := len(s.Events)
	return s.settled(ctx, followEvery, func(ctx context.Context) error {
		err := s.Refresh(ctx)
		for ; err == nil && told < len(s.Events); told++ {
			tell(s.Events[told])
		}
		return err
	})
}

// settled looks until nothing is in progress any more.
func (s *Stack) settled(ctx context.Context, every time.Duration, look func(context.Context) error) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, settleIn)
		defer cancel()
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := look(ctx); err != nil {
			return err
		}
		if !strings.HasSuffix(s.Status, "_IN_PROGRESS") {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for stack %s, still %s: %w", s.Name, s.Status, ctx.Err())
		}
	}
}

// Refresh reads status, parameters, outputs and events. A deleted stack can still be read.
func (s *Stack) Refresh(ctx context.Context) error {
	if err := s.describe(ctx); err != nil {
		return err
	}
	s.Events = nil
	pages := cloudformation.NewDescribeStackEventsPaginator(s.client, &cloudformation.DescribeStackEventsInput{StackName: &s.ID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("reading the events of stack %s: %w", s.Name, err)
		}
		for _, e := range page.StackEvents {
			s.Events = append(s.Events, Event{
				Time:               aws.ToTime(e.Timestamp),
				LogicalResourceID:  aws.ToString(e.LogicalResourceId),
				PhysicalResourceID: aws.ToString(e.PhysicalResourceId),
				ResourceType:       aws.ToString(e.ResourceType),
				Status:             string(e.ResourceStatus),
				Reason:             aws.ToString(e.ResourceStatusReason),
			})
		}
	}
	// CloudFormation lists the newest first.
	slices.Reverse(s.Events)
	return nil
}

func (s *Stack) describe(ctx context.Context) error {
	out, err := s.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.ID})
	if err != nil {
		return fmt.Errorf("reading stack %s: %w", s.Name, err)
	}
	if len(out.Stacks) != 1 {
		return fmt.Errorf("reading stack %s: %d stacks have this id", s.Name, len(out.Stacks))
	}
	d := out.Stacks[0]
	s.ID, s.Status, s.Reason = aws.ToString(d.StackId), string(d.StackStatus), aws.ToString(d.StackStatusReason)
	s.Parameters, s.Outputs = map[string]string{}, map[string]string{}
	for _, p := range d.Parameters {
		s.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	for _, o := range d.Outputs {
		s.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return nil
}
