package provider

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/launch"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

const (
	onboardingIndex = 0
	formatIndex     = 1
)

// onboardingParameter takes unknown values, so that an attribute that is not read (such as a status still to come)
// does not make the result unknown.
func onboardingParameter(reads string) function.DynamicParameter {
	return function.DynamicParameter{
		Name:               "onboarding",
		AllowUnknownValues: true,
		MarkdownDescription: "An `xrole_onboarding` resource, or any object with the attribute `launch_url`. " + reads +
			" Attributes that are missing or null are left out.",
	}
}

func formatParameter() function.StringParameter {
	return function.StringParameter{Name: "format", MarkdownDescription: "`markdown` or `html`."}
}

// onboardingArgument reads an onboarding attribute by attribute, and keeps the first fault and whether something that
// was asked for is not known yet.
type onboardingArgument struct {
	attributes map[string]attr.Value
	unknown    bool
	fault      string
}

func newOnboardingArgument(value types.Dynamic) *onboardingArgument {
	if value.IsUnknown() || value.IsUnderlyingValueUnknown() {
		return &onboardingArgument{unknown: true}
	}
	attributes, ok := attributesOf(value.UnderlyingValue())
	if !ok {
		return &onboardingArgument{fault: fmt.Sprintf("must be an xrole_onboarding resource or an object with the attribute `launch_url`, not %s", kindOf(value))}
	}
	if attributes["launch_url"] == nil {
		return &onboardingArgument{fault: "must have the attribute `launch_url`, the launch link of an onboarding"}
	}
	return &onboardingArgument{attributes: attributes}
}

// launchURL is for what only a link can do.
func (a *onboardingArgument) launchURL() string {
	url := a.text("launch_url")
	if url == "" {
		a.fail("has no `launch_url`: the region has no public console, so that there is nothing to link to; `cli_command` works without")
		return ""
	}
	a.parse(url)
	return url
}

// link is the launch link, or where no public console exists, what a link would say.
func (a *onboardingArgument) link() launch.Link {
	if url := a.text("launch_url"); url != "" || a.unknown {
		return a.parse(url)
	}
	l := launch.Link{Region: a.text("region"), StackName: a.text("stack_name"), TemplateURL: a.text("template_url"), Parameters: a.texts("parameters")}
	if l.Region == "" || l.StackName == "" || l.TemplateURL == "" {
		a.fail("has no `launch_url`, and without it `region`, `stack_name` and `template_url` are needed")
	} else if err := l.Validate(); err != nil {
		a.fail(fmt.Sprintf("has no `launch_url`, and what is read instead of it is refused: %s", err))
	}
	return l
}

func (a *onboardingArgument) parse(url string) launch.Link {
	l, err := launch.Parse(url)
	if err != nil {
		a.fail(fmt.Sprintf("its `launch_url` is not a launch link that xrole made: %s", err))
	}
	return l
}

func (a *onboardingArgument) invitation() launch.Invitation {
	link, role, hub := a.link(), a.object("role"), a.object("hub")
	inv := launch.Invitation{
		Link:                   link,
		StackID:                a.standingStack(),
		Partner:                a.text("partner"),
		Name:                   a.text("name"),
		AccountID:              a.text("account_id"),
		ExternalID:             a.text("external_id"),
		PreviousExternalID:     a.text("previous_external_id"),
		TemplateSHA256:         a.text("template_sha256"),
		RoleName:               role.text("name"),
		RolePath:               role.text("path"),
		RoleDescription:        role.text("description"),
		PermissionsBoundaryARN: role.text("permissions_boundary_arn"),
		ManagedPolicyARNs:      role.list("managed_policy_arns"),
		InlinePolicies:         role.texts("inline_policies"),
		PartnerAccountID:       hub.text("account_id"),
		TrustedPrincipalARNs:   hub.list("trusted_principal_arns"),
		TopicName:              hub.text("topic_name"),
		TimeoutSeconds:         a.seconds("service_timeout_seconds"),
	}
	a.outline(&inv)
	a.take("role", role)
	a.take("hub", hub)
	return inv
}

// standingStack is the id of the stack that the customer has launched, unless what is known of it says that it is gone or goes.
func (a *onboardingArgument) standingStack() string {
	id := a.text("stack_id")
	if id == "" {
		return ""
	}
	switch status := registry.Status(a.text("status")); status {
	case registry.Leaving, registry.Disconnected, registry.Rejected:
		return ""
	default:
		return id
	}
}

// outline tells what a template of the partner's own makes and asks for.
func (a *onboardingArgument) outline(inv *launch.Invitation) {
	body := a.text("template_body")
	if body == "" {
		return
	}
	template, err := cfn.Parse(body)
	if err != nil {
		a.fail(fmt.Sprintf("its `template_body` cannot be read: %s", err))
		return
	}
	outline := template.Outline()
	for _, r := range outline.Resources {
		inv.Resources = append(inv.Resources, launch.Resource(r))
	}
	for _, p := range outline.Parameters {
		inv.Parameters = append(inv.Parameters, launch.Parameter(p))
	}
}

// finish answers the call when the argument does not allow a result: with its fault, or with an unknown value.
func (a *onboardingArgument) finish(ctx context.Context, resp *function.RunResponse) bool {
	switch {
	case a.fault != "":
		resp.Error = function.NewArgumentFuncError(onboardingIndex, a.fault)
	case a.unknown:
		resp.Error = resp.Result.Set(ctx, types.StringUnknown())
	default:
		return false
	}
	return true
}

// fail keeps the first fault; while something is unknown, what follows from it is none.
func (a *onboardingArgument) fail(fault string) {
	if a.fault == "" && !a.unknown {
		a.fault = fault
	}
}

func (a *onboardingArgument) take(name string, nested *onboardingArgument) {
	a.unknown = a.unknown || nested.unknown
	if a.fault == "" && nested.fault != "" {
		a.fault = fmt.Sprintf("in `%s`: %s", name, nested.fault)
	}
}

// value is nil for what is missing, null or unknown.
func (a *onboardingArgument) value(name string) attr.Value {
	v := underlying(a.attributes[name])
	if v == nil || v.IsNull() {
		return nil
	}
	if v.IsUnknown() {
		a.unknown = true
		return nil
	}
	return v
}

func (a *onboardingArgument) text(name string) string {
	v := a.value(name)
	if v == nil {
		return ""
	}
	s, ok := v.(basetypes.StringValue)
	if !ok {
		a.fail(fmt.Sprintf("`%s` must be a string, not %s", name, kindOf(v)))
	}
	return s.ValueString()
}

func (a *onboardingArgument) seconds(name string) int {
	var n *big.Float
	switch v := a.value(name).(type) {
	case nil:
		return 0
	case basetypes.NumberValue:
		n = v.ValueBigFloat()
	case basetypes.Int64Value:
		return int(v.ValueInt64())
	default:
		a.fail(fmt.Sprintf("`%s` must be a number, not %s", name, kindOf(v)))
		return 0
	}
	whole, _ := n.Int64()
	return int(whole)
}

func (a *onboardingArgument) object(name string) *onboardingArgument {
	v := a.value(name)
	if v == nil {
		return &onboardingArgument{}
	}
	attributes, ok := attributesOf(v)
	if !ok {
		a.fail(fmt.Sprintf("`%s` must be an object, not %s", name, kindOf(v)))
	}
	return &onboardingArgument{attributes: attributes}
}

// texts leaves out elements that are null.
func (a *onboardingArgument) texts(name string) map[string]string {
	nested := a.object(name)
	out := make(map[string]string, len(nested.attributes))
	for _, key := range slices.Sorted(maps.Keys(nested.attributes)) {
		if nested.value(key) != nil {
			out[key] = nested.text(key)
		}
	}
	a.take(name, nested)
	return out
}

// list reads a list, set or tuple of strings.
func (a *onboardingArgument) list(name string) []string {
	v := a.value(name)
	if v == nil {
		return nil
	}
	collection, ok := v.(interface{ Elements() []attr.Value })
	if !ok {
		a.fail(fmt.Sprintf("`%s` must be a list or set of strings, not %s", name, kindOf(v)))
		return nil
	}
	nested := &onboardingArgument{attributes: map[string]attr.Value{}}
	out := make([]string, 0, len(collection.Elements()))
	for i, element := range collection.Elements() {
		place := strconv.Itoa(i)
		nested.attributes[place] = element
		out = append(out, nested.text(place))
	}
	a.take(name, nested)
	return out
}

func attributesOf(v attr.Value) (map[string]attr.Value, bool) {
	if v == nil || v.IsNull() {
		return nil, false
	}
	switch v := v.(type) {
	case basetypes.ObjectValue:
		return v.Attributes(), true
	case basetypes.MapValue:
		return v.Elements(), true
	default:
		return nil, false
	}
}

func underlying(v attr.Value) attr.Value {
	if d, ok := v.(basetypes.DynamicValue); ok && !d.IsNull() && !d.IsUnknown() {
		return d.UnderlyingValue()
	}
	return v
}

// kindOf names a value's type as Terraform's language does.
func kindOf(v attr.Value) string {
	switch v := underlying(v).(type) {
	case nil:
		return "null"
	case basetypes.StringValue:
		return "a string"
	case basetypes.NumberValue, basetypes.Int64Value:
		return "a number"
	case basetypes.BoolValue:
		return "a bool"
	case basetypes.ListValue, basetypes.TupleValue:
		return "a list"
	case basetypes.SetValue:
		return "a set"
	default:
		if v.IsNull() {
			return "null"
		}
		return "an object"
	}
}
