package provider_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

func trustCheck(label string, lines ...string) string {
	return "\ndata \"xrole_trust_check\" \"" + label + "\" {\n  " + strings.Join(lines, "\n  ") + "\n}\n"
}

func byARN(arn, id string) []string {
	return []string{fmt.Sprintf("role_arn = %q", arn), fmt.Sprintf("external_id = %q", id)}
}

// checked wants one outcome of a check; finding is a regular expression of the first of them, "" for none.
func checked(label string, passed bool, missing, wrong knownvalue.Check, finding string) []statecheck.StateCheck {
	address := "data.xrole_trust_check." + label
	findings := knownvalue.Check(knownvalue.ListSizeExact(0))
	if finding != "" {
		findings = knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.StringRegexp(regexp.MustCompile(finding))})
	}
	return []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, at("passed"), knownvalue.Bool(passed)),
		statecheck.ExpectKnownValue(address, at("refuses_missing_external_id"), missing),
		statecheck.ExpectKnownValue(address, at("refuses_wrong_external_id"), wrong),
		statecheck.ExpectKnownValue(address, at("findings"), findings),
	}
}

// Each kind of wrong trust policy is named for what it is, in the real time of a check: one that lets others in is
// certain only after a minute, and all are looked at together.
func TestTrustCheck_policies(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	w := newWorld(t).collector(t)
	rows := map[string]struct {
		condition      string
		missing, wrong any
		finding        string
	}{
		"right":    {`{"StringEquals":{"sts:ExternalId":"` + externalID + `"}}`, true, true, ""},
		"none":     {`{}`, false, nil, trust.FindingMissing},
		"any":      {`{"StringLike":{"sts:ExternalId":"*"}}`, true, false, trust.FindingWrong},
		"prefix":   {`{"StringLike":{"sts:ExternalId":"` + externalID[:20] + `*"}}`, true, false, trust.FindingWrong},
		"case":     {`{"StringEqualsIgnoreCase":{"sts:ExternalId":"` + externalID + `"}}`, true, false, trust.FindingWrong},
		"ifexists": {`{"StringEqualsIfExists":{"sts:ExternalId":"` + externalID + `"}}`, false, nil, trust.FindingMissing},
		"forall":   {`{"ForAllValues:StringEquals":{"sts:ExternalId":"` + externalID + `"}}`, false, nil, trust.FindingMissing},
		"denied":   {`{"StringEquals":{"sts:ExternalId":"OTHER"}}`, nil, nil, trust.FindingDenied},
	}
	var config strings.Builder
	for label, row := range rows {
		policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + w.partner.ID + `:root"},"Action":"sts:AssumeRole","Condition":` + row.condition + `}]}`
		config.WriteString(trustCheck(label, byARN(role(t, customer, label, policy), externalID)...))
		config.WriteString("output \"" + label + "\" { value = data.xrole_trust_check." + label + " }\n")
	}
	tf := w.applied(t, requireXrole+w.config(config.String()))
	outputs := tf.Outputs()
	for label, row := range rows {
		got, _ := outputs[label].(map[string]any)
		want := map[string]any{
			"passed": row.finding == "", "assumable": label != "denied", "account_id": customer.ID,
			"refuses_missing_external_id": row.missing, "refuses_wrong_external_id": row.wrong, "findings": []any{row.finding},
		}
		switch label {
		case "right":
			want["findings"] = []any{}
		case "denied":
			want["account_id"] = nil
			want["findings"] = []any{row.finding, fmt.Sprintf("Terraform runs as %q, which the role's trust policy has to let in", sessionOf(t, w))}
		}
		for name := range got {
			if want[name] == nil && name != "account_id" && !strings.HasPrefix(name, "refuses") {
				delete(got, name) // the inputs
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", label, diff)
		}
	}
}

// sessionOf is the ARN that STS says of the world's partner.
func sessionOf(t *testing.T, w world) string {
	t.Helper()
	out, err := w.clients().STS("us-east-1").GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return *out.Arn
}

// By hub and name the role, its External ID and its account are those of the registry, and a denied caller is compared
// with the hub's list.
func TestTrustCheck_onboardings(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer, other := l.NewAccount(t), l.NewAccount(t)
	admin := newWorld(t, customer)
	w, stranger := admin.collector(t), admin
	stranger.partner = admin.partner.Principal(t, "role/tools/ci", allowAll)
	arn := role(t, customer, "R", admin.trustPolicy(t, cfn.Role{}))
	put := func(name, id, arn string, status registry.Status) {
		admin.record(t, registry.Offer{Name: name, AccountID: customer.ID, ExternalID: id}, registry.Delivery{Status: status, RoleARN: arn, AccountID: customer.ID})
	}
	put("good", externalID, arn, registry.Verified)
	put("pending", "", "", "")
	put("own", "", "arn:aws:iam::"+w.partner.ID+":role/admin", registry.Verified)
	put("moved", "", "arn:aws:iam::"+other.ID+":role/R", registry.Verified)
	yes, null := knownvalue.Bool(true), knownvalue.Null()
	var wants []statecheck.StateCheck
	wants = append(wants, checked("good", true, yes, yes, "")...)
	wants = append(wants, checked("pending", false, null, null, `^there is no role yet to check: the onboarding is "pending"$`)...)
	wants = append(wants, checked("own", false, null, null, "partner's own account")...)
	wants = append(wants, checked("moved", false, null, null, "is not of the account")...)
	wants = append(wants,
		statecheck.ExpectKnownValue("data.xrole_trust_check.good", at("role_arn"), knownvalue.StringExact(arn)),
		statecheck.ExpectKnownValue("data.xrole_trust_check.good", at("account_id"), knownvalue.StringExact(customer.ID)),
	)
	var all string
	for _, name := range []string{"good", "pending", "own", "moved"} {
		all += trustCheck(name, byName(name)...)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{
			{Config: w.config(all), ConfigStateChecks: wants},
			{Config: stranger.config(trustCheck("good", byName("good")...)), ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.xrole_trust_check.good", at("findings"), knownvalue.ListExact([]knownvalue.Check{
					knownvalue.StringExact(trust.FindingDenied),
					knownvalue.StringRegexp(regexp.MustCompile(`assumed-role/ci/.*is not among the hub's .trusted_principal_arns.*role/collector`)),
				})),
			}},
		},
	})
	if n := len(l.Requests(lab.Filter{AccountID: w.partner.ID, Service: "sts", Operation: "AssumeRole"})); n == 0 {
		t.Error("no role was assumed")
	}
}

// Exactly one of the two ways to name a role, whole, wherever it is named.
func TestTrustCheck_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	arn := "arn:aws:iam::222222222222:role/R"
	steps := []resource.TestStep{
		{Config: w.config(trustCheck("x", byARN("arn:aws:iam::"+w.partner.ID+":role/R", "ID")...)), ExpectError: regexpOf("partner's own account")},
		{Config: w.config(trustCheck("x", byARN("arn:aws-cn:iam::222222222222:role/R", "ID")...)), ExpectError: regexpOf("nothing crosses a partition")},
		{Config: w.config(trustCheck("x", byARN(arn, "I")...)), ExpectError: regexpOf("Invalid External ID")},
		{Config: w.config(trustCheck("x", byName("nobody")...)), ExpectError: regexpOf("Onboarding not in the registry")},
	}
	for _, row := range []struct {
		lines []string
		words string
	}{
		{nil, "No role named"},
		{append(byName("x"), byARN(arn, "ID")...), "Role named in two ways"},
		{[]string{`name = "x"`, `external_id = "ID"`}, "Role named in two ways"},
		{[]string{`name = "x"`}, "`name` needs `hub` beside it"},
		{[]string{`hub = local.hub`}, "`hub` needs `name` beside it"},
		{[]string{`role_arn = "` + arn + `"`}, "`role_arn` needs `external_id` beside it"},
		{[]string{`external_id = "ID"`}, "`external_id` needs `role_arn` beside it"},
	} {
		steps = append(steps,
			resource.TestStep{Config: w.config(trustCheck("x", row.lines...)), ExpectError: regexpOf(row.words)},
			resource.TestStep{Config: w.open("x", row.lines...), ExpectError: regexpOf(row.words)},
		)
	}
	steps = append(steps, resource.TestStep{Config: w.config("")})
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: withEcho(), Steps: steps})
}

// The account of the session counts, not that of the ARN; and STS is asked where the provider's endpoints say.
func TestTrustCheck_sessionElsewhere(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::%[1]s:assumed-role/R/x</Arn><Account>%[1]s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, status := "", http.StatusOK
		switch action := r.FormValue("Action"); {
		case action == "GetCallerIdentity" && strings.Contains(r.Header.Get("Authorization"), "SESSIONKEY"):
			answer = fmt.Sprintf(identity, "333333333333")
		case action == "GetCallerIdentity":
			answer = fmt.Sprintf(identity, "111122223333")
		case r.FormValue("ExternalId") == externalID:
			answer = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>SESSIONKEY</AccessKeyId>` +
				`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
		default:
			status = http.StatusForbidden
			answer = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`
		}
		w.WriteHeader(status)
		if _, err := io.WriteString(w, answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(fake.Close)
	config := fmt.Sprintf("provider \"xrole\" {\n  region    = \"us-east-1\"\n  profile   = %q\n  endpoints = { sts = %q }\n}\n", l.NewAccount(t).Profile, fake.URL)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps: []resource.TestStep{{
			Config:            config + trustCheck("x", byARN("arn:aws:iam::222222222222:role/R", externalID)...),
			ConfigStateChecks: checked("x", false, knownvalue.Bool(true), knownvalue.Bool(true), `^a session of the role is in account "333333333333", which is not the role's$`),
		}},
	})
}
