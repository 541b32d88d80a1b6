package trust_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }

// Real STS requests, decided by a third party's reading of IAM: every trust policy that only looks right is found.
func TestChecker_policies(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	for name, row := range map[string]struct{ condition, finding string }{
		"right":                   {`{"StringEquals":{"sts:ExternalId":"RIGHT"}}`, ""},
		"key in another case":     {`{"StringEquals":{"STS:externalid":"RIGHT"}}`, ""},
		"two ids":                 {`{"StringEquals":{"sts:ExternalId":["RIGHT","OLD"]}}`, ""},
		"no condition":            {`{}`, trust.FindingMissing},
		"like anything":           {`{"StringLike":{"sts:ExternalId":"*"}}`, trust.FindingWrong},
		"like a prefix":           {`{"StringLike":{"sts:ExternalId":"RIG*"}}`, trust.FindingWrong},
		"like both ends":          {`{"StringLike":{"sts:ExternalId":"RI*HT"}}`, trust.FindingWrong},
		"in either case":          {`{"StringEqualsIgnoreCase":{"sts:ExternalId":"RIGHT"}}`, trust.FindingWrong},
		"if it exists":            {`{"StringEqualsIfExists":{"sts:ExternalId":"RIGHT"}}`, trust.FindingMissing},
		"for all values":          {`{"ForAllValues:StringEquals":{"sts:ExternalId":"RIGHT"}}`, trust.FindingMissing},
		"only that there is none": {`{"Null":{"sts:ExternalId":"false"}}`, trust.FindingWrong},
		"not a certain one":       {`{"StringNotEquals":{"sts:ExternalId":"WRONG"}}`, trust.FindingMissing},
		"another one":             {`{"StringEquals":{"sts:ExternalId":"OTHER"}}`, trust.FindingDenied},
		"wrong key":               {`{"StringEquals":{"aws:ExternalId":"RIGHT"}}`, trust.FindingDenied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statement := `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + partner.ID + `:root"},"Action":"sts:AssumeRole","Condition":` + row.condition + `}`
			checkOne(t, partner, customer, statement, row.finding)
		})
	}
	t.Run("in another statement", func(t *testing.T) {
		t.Parallel()
		principal := `"Principal":{"AWS":"arn:aws:iam::` + partner.ID + `:root"},"Action":"sts:AssumeRole"`
		checkOne(t, partner, customer, `{"Effect":"Allow",`+principal+`,"Condition":{"StringEquals":{"sts:ExternalId":"RIGHT"}}},{"Effect":"Allow",`+principal+`}`, trust.FindingMissing)
	})
}

// What a probe asks for: the shortest session, that may do nothing, and nothing at all of the partner's own roles.
func TestChecker_session(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	tries := &recorder{next: http.DefaultTransport}
	cfg := partner.Config("us-east-1")
	cfg.HTTPClient = &http.Client{Transport: tries}
	c := trust.Hurry(trust.NewChecker(cfg, "aws", partner.ID))
	own := "arn:aws:iam::" + partner.ID + ":role/admin"
	if _, err := c.Check(t.Context(), patience, own, "RIGHT"); !errors.Is(err, trust.ErrOwnAccount) || len(tries.forms) != 0 {
		t.Errorf("a role of the partner's: %v after %d requests", err, len(tries.forms))
	}
	r, err := c.Check(t.Context(), 0, "arn:aws:iam::"+l.NewAccount(t).ID+":role/none", "RIGHT")
	if err != nil || r.Assumable || len(tries.forms) != 1 {
		t.Fatalf("a role that is not there: %+v, %v after %d requests", r, err, len(tries.forms))
	}
	form := tries.forms[0]
	if form.Get("DurationSeconds") != "900" || form.Get("ExternalId") != "RIGHT" || tries.hosts[0] != "sts.us-east-1.amazonaws.com" {
		t.Errorf("asked %s for %v", tries.hosts[0], form)
	}
	if want := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`; form.Get("Policy") != want {
		t.Errorf("the session may do %s", form.Get("Policy"))
	}
}

// Who may assume roles with the right External ID only learns nothing of what a role refuses, and no open role passes for it.
func TestChecker_ourOwnPolicy(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner := l.NewAccount(t)
	for reason, finding := range map[string]string{
		"because no identity-based policy allows the sts:AssumeRole action": trust.FindingOurs,
		"because no permissions boundary allows the sts:AssumeRole action":  trust.FindingOurs,
		"with an explicit deny in a service control policy":                 trust.FindingOurs,
		"with an explicit deny in an identity-based policy: arn:aws:iam::1": trust.FindingOurs,
		"with an explicit deny in a session policy":                         trust.FindingOurs,
		"because no resource-based policy allows the sts:AssumeRole action": "",
		"with an explicit deny in a resource-based policy":                  "",
		"": "",
	} {
		tries := &narrowed{reason: reason}
		cfg := partner.Config("us-east-1")
		cfg.HTTPClient = &http.Client{Transport: tries}
		c := trust.Hurry(trust.NewChecker(cfg, "aws", partner.ID))
		r, err := c.Check(t.Context(), patience, "arn:aws:iam::222222222222:role/Acme", "RIGHT")
		if err != nil || r.Passed() != (finding == "") || r.LetsOthersIn() || strings.Join(r.Findings, "") != finding {
			t.Errorf("%q: %+v, %v", reason, r, err)
		}
		if gone, err := c.Gone(t.Context(), "arn:aws:iam::222222222222:role/Acme", "OTHER"); err != nil || gone != (finding == "") {
			t.Errorf("%q: gone %v, %v", reason, gone, err)
		}
	}
}

// A policy of ours that denies the right External ID too tells nothing of the role: it is not denied by the role, and not gone.
func TestChecker_ourOwnPolicyDeniesAll(t *testing.T) {
	t.Parallel()
	const reason = "with an explicit deny in a service control policy"
	check := func(ids ...string) (trust.Result, error) {
		cfg := lab.Shared(t).NewAccount(t).Config("us-east-1")
		cfg.HTTPClient = &http.Client{Transport: &narrowed{reason: reason}}
		return trust.Hurry(trust.NewChecker(cfg, "aws", "111122223333")).Check(t.Context(), patience, "arn:aws:iam::222222222222:role/Acme", ids...)
	}
	for name, ids := range map[string][]string{"one": {"OTHER"}, "while rotating": {"OTHER", "FORMER"}} {
		r, err := check(ids...)
		if err == nil || r.Assumable || r.LetsOthersIn() {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		if why := trust.Why(err); !strings.Contains(why, "our own policy denies") || !strings.Contains(why, reason) || trust.OfRole(err) {
			t.Errorf("%s, said: %s", name, why)
		}
	}
	if r, err := check("OTHER", "RIGHT"); err != nil || !r.Assumable {
		t.Errorf("one External ID is let through: %+v, %v", r, err)
	}
}

// narrowed answers for STS, which denies every External ID but the right one for a reason.
type narrowed struct{ reason string }

func (n *narrowed) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, err
	}
	status, body := http.StatusOK, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId>`+
		`<SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
	switch {
	case form.Get("Action") == "GetCallerIdentity":
		body = `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>222222222222</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
	case form.Get("ExternalId") != "RIGHT":
		status, body = http.StatusForbidden, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::111122223333:user/x is not authorized to perform: `+
			`sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Acme `+n.reason+`</Message></Error></ErrorResponse>`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// STS that is deactivated in the customer's account denies, and says so.
func TestChecker_regionDisabled(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	t.Cleanup(l.Inject(lab.Fault{AccountID: partner.ID, Operation: "AssumeRole", Kind: lab.Status{Code: 403, ErrorCode: "RegionDisabledException"}}))
	r, err := trust.Hurry(trust.NewChecker(partner.Config("us-east-1"), "aws", partner.ID)).Check(t.Context(), patience, "arn:aws:iam::"+customer.ID+":role/x", "RIGHT")
	if err != nil || r.Assumable || !strings.Contains(strings.Join(r.Findings, ""), "deactivated in the role's account in us-east-1") {
		t.Errorf("%+v, %v", r, err)
	}
	if gone, err := trust.Hurry(trust.NewChecker(partner.Config("us-east-1"), "aws", partner.ID)).Gone(t.Context(), "arn:aws:iam::"+customer.ID+":role/x", "RIGHT"); err != nil || gone {
		t.Errorf("gone %v, %v", gone, err)
	}
}

// recorder keeps the forms that were sent.
type recorder struct {
	next  http.RoundTripper
	forms []url.Values
	hosts []string
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, err
	}
	r.forms, r.hosts = append(r.forms, form), append(r.hosts, req.URL.Host)
	req.Body = io.NopCloser(bytes.NewReader(raw))
	return r.next.RoundTrip(req)
}

func checkOne(t *testing.T, partner, customer *lab.Account, statements, finding string) {
	t.Helper()
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '#' {
			return '-'
		}
		return r
	}, t.Name())
	document := `{"Version":"2012-10-17","Statement":[` + statements + `]}`
	out, err := iam.NewFromConfig(customer.Config("us-east-1")).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &document})
	if err != nil {
		t.Fatal(err)
	}
	c := trust.Hurry(trust.NewChecker(partner.Config("us-east-1"), "aws", partner.ID))
	r, err := c.Check(t.Context(), patience, *out.Role.Arn, "RIGHT")
	if err != nil {
		t.Fatal(err)
	}
	if r.Passed() != (finding == "") || strings.Join(r.Findings, "") != finding {
		t.Errorf("%+v", r)
	}
	if finding == "" && r.AccountID != customer.ID {
		t.Errorf("the session is in account %s, not %s", r.AccountID, customer.ID)
	}
}
