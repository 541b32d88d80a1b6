package provider_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func (w world) hubFields() fields {
	h := w.hub
	return fields{
		"account_id": h.AccountID, "partition": h.Partition, "region": h.Region, "regions": h.Regions, "bucket": h.Bucket, "table": h.Table, "topic_name": h.TopicName,
		"trusted_principal_arns": h.TrustedPrincipalARNs, "receiver_role_arn": h.ReceiverRoleARN, "receiver_function_arn": h.ReceiverFunctionARN,
	}
}

// whole fills in null for what a nested object does not say, since the protocol wants every attribute, and the types of
// what has none of its own, as Terraform finds them in a configuration.
func whole(t *testing.T, kind tftypes.Type, f fields) *tfprotov6.DynamicValue {
	t.Helper()
	if object, ok := kind.(tftypes.Object); ok && f != nil {
		f = maps.Clone(f)
		for name, of := range object.AttributeTypes {
			if v, ok := f[name]; ok && of.Is(tftypes.DynamicPseudoType) {
				f[name] = fields{"value": v, "type": typeOf(t, v)}
			}
		}
	}
	v, err := tfprotov6.RawState{JSON: value(t, f).JSON}.Unmarshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	d, err := tfprotov6.NewDynamicValue(kind, v)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func typeOf(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case string:
		return "string"
	case bool:
		return "bool"
	case int, int64, float64:
		return "number"
	case nil:
		return "dynamic"
	case fields:
		of := fields{}
		for name, inner := range v {
			of[name] = typeOf(t, inner)
		}
		return []any{"object", of}
	case []string:
		return []any{"tuple", slices.Repeat([]any{"string"}, len(v))}
	default:
		t.Fatalf("no type for %T", v)
		return nil
	}
}

// A message points at the customer who sets what is wrong, or at the argument for all.
func TestOnboardings_paths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Shared(t).NewAccount(t))
	s := w.server(t)
	const account = "222222222222"
	role := fields{"name": "AcmeAccess", "managed_policy_arns": []string{"arn:aws:iam::aws:policy/SecurityAudit"}}
	for name, row := range map[string]struct {
		all, globex fields
		want        string
	}{
		"own account":           {fields{"role": role}, fields{"account_id": "1"}, `customers["globex"]`},
		"own role":              {fields{"role": role}, fields{"account_id": account, "role": fields{"path": "x"}}, `customers["globex"]`},
		"the role for all":      {fields{"role": fields{"path": "x"}}, fields{"account_id": account}, `role`},
		"own region":            {fields{"role": role}, fields{"account_id": account, "region": "ap-south-1"}, `customers["globex"]`},
		"the region for all":    {fields{"role": role, "region": "ap-south-1"}, fields{"account_id": account}, `region`},
		"the hub's own account": {fields{"role": role}, fields{"account_id": w.partner.ID}, `customers["globex"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := whole(t, s.kind("xrole_onboardings"), with(row.all, fields{"hub": w.hubFields(), "customers": fields{"globex": row.globex}}))
			validated, err := s.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "xrole_onboardings", Config: config})
			if err != nil {
				t.Fatal(err)
			}
			planned, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
				TypeName: "xrole_onboardings", PriorState: value(t, nil), ProposedNewState: config, Config: config,
			})
			if err != nil {
				t.Fatal(err)
			}
			said := slices.Concat(validated.Diagnostics, planned.Diagnostics)
			if len(said) == 0 || steps(said[0].Attribute) != row.want {
				t.Errorf("nothing, or something else, is said at %s:\n%s", row.want, messages(said))
			}
		})
	}
}

// steps is a path as it is written in a configuration.
func steps(at *tftypes.AttributePath) string {
	var b strings.Builder
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			b.WriteString("." + string(step))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&b, "[%q]", string(step))
		default:
			fmt.Fprintf(&b, "[%v]", step)
		}
	}
	return strings.TrimPrefix(b.String(), ".")
}

// Who the customers are may come out of the same apply, as long as none of them stands: else nobody could tell from the plan
// who goes.
func TestOnboardings_unknownCustomers(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := newWorld(t)
	all := func(names ...string) map[string]string {
		customers := "resource \"terraform_data\" \"customers\" {\n  input = {\n    " + strings.Join(names, "\n    ") + "\n  }\n}\n"
		return map[string]string{"main.tf": customers + strings.Replace(w.fleet("", "x"), "customers = {\n    x\n  }", "customers = terraform_data.customers.output", 1)}
	}
	const globex, hooli = `globex = { account_id = "222222222222" }`, `hooli = { account_id = "333333333333", role = { managed_policy_arns = [] } }`
	tf := l.Terraform(t, w.partner, all(globex))
	tf.Init()
	tf.Apply()
	wantNoChange(t, tf)
	before := w.externalIDs(t, "globex")
	tf.Write(all(globex, hooli))
	if r := tf.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), "nobody can tell which of those that stand (1) stay") {
		t.Errorf("planned without knowing who stays:\n%s", r.Output)
	}
	tf.Apply("-target=terraform_data.customers")
	tf.Apply()
	wantNoChange(t, tf)
	if after := w.externalIDs(t, "globex", "hooli"); after["globex"] != before["globex"] {
		t.Errorf("External IDs were %v and are %v", before, after)
	}
	tf.Destroy()
	tf.Write(all(globex, `hooli = "333333333333"`))
	if r := tf.Run("apply", "-auto-approve", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), `Customer "hooli": Write an object here`) {
		t.Errorf("found wrong in the apply:\n%s", r.Output)
	}
}

// So may all that one customer sets, as long as it does not stand.
func TestOnboardings_unknownCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := func(region string) map[string]string {
		return map[string]string{"main.tf": w.fleet("", `globex = terraform_data.globex.output`) + fmt.Sprintf("\nresource \"terraform_data\" \"globex\" {\n  input = { account_id = \"222222222222\", region = %q }\n}\n", region)}
	}
	tf := lab.Shared(t).Terraform(t, w.partner, config("us-east-1"))
	tf.Init()
	tf.Apply()
	wantNoChange(t, tf)
	tf.Write(config("eu-west-1"))
	if r := tf.Run("plan", "-no-color"); r.Code != 1 || !strings.Contains(unwrap(r.Output), `Customer "globex": It stands`) {
		t.Errorf("planned without knowing what becomes of it:\n%s", r.Output)
	}
}

// What is not known at plan is known after the apply, and what somebody deleted comes back with the same External ID.
func TestOnboardings_unknownAndDrift(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t, customer)
	account := fmt.Sprintf("resource \"terraform_data\" \"account\" {\n  input = %q\n}\n", customer.ID)
	config := account + w.fleet("", `globex = { account_id = terraform_data.account.output }`, fmt.Sprintf(`hooli = { account_id = %q }`, customer.ID))
	tf := w.applied(t, config)
	wantNoChange(t, tf)
	before := w.externalIDs(t, "globex", "hooli")
	key := w.offer(t, "globex").TemplateKey
	if _, err := w.s3().DeleteObject(context.WithoutCancel(t.Context()), &s3.DeleteObjectInput{Bucket: &w.hub.Bucket, Key: &key}); err != nil {
		t.Fatal(err)
	}
	offerGone(t, w, "hooli", nil)
	if _, out := tf.Plan(); !strings.Contains(out, `~ "globex"`) || !strings.Contains(out, `~ "hooli"`) {
		t.Errorf("the plan does not show what was deleted:\n%s", out)
	}
	tf.Apply()
	wantNoChange(t, tf)
	if after := w.externalIDs(t, "globex", "hooli"); fmt.Sprint(after) != fmt.Sprint(before) || len(w.templates(t)) != 2 {
		t.Errorf("External IDs were %v and are %v; templates %v", before, after, w.templates(t))
	}
}
