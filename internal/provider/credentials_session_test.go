package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/cfn"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// session uses echoed credentials, and wants the operations to be allowed that it names.
type session struct {
	customer *lab.Account
	label    string
	name     string
	lasts    time.Duration
	topic    bool // needs the tag team=red
	list     bool // needs the source identity alice
	buckets  bool // needs nothing
}

func (s session) CheckState(ctx context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	var data map[string]any
	for _, r := range req.State.Values.RootModule.Resources {
		if r.Address == "echo."+s.label {
			data, _ = r.AttributeValues["data"].(map[string]any)
		}
	}
	text := func(name string) string { return fmt.Sprint(data[name]) }
	cfg := s.customer.Config("us-east-1")
	cfg.Credentials = credentials.NewStaticCredentialsProvider(text("access_key_id"), text("secret_access_key"), text("session_token"))
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil || !strings.HasSuffix(aws.ToString(me.Arn), "/"+s.name) {
		resp.Error = fmt.Errorf("the session is %v, %w", me, err)
		return
	}
	ends, err := time.Parse(time.RFC3339, text("expiration"))
	if left := time.Until(ends); err != nil || left > s.lasts || left < s.lasts-10*time.Minute {
		resp.Error = fmt.Errorf("the session ends %v, %w", ends, err)
		return
	}
	_, topic := sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("t")})
	_, list := sns.NewFromConfig(cfg).ListTopics(ctx, nil)
	_, buckets := s3.NewFromConfig(cfg).ListBuckets(ctx, nil)
	resp.Error = errors.Join(allowed("CreateTopic", topic, s.topic), allowed("ListTopics", list, s.list), allowed("ListBuckets", buckets, s.buckets))
}

func allowed(what string, err error, want bool) error {
	if err == nil == want && (err == nil || awsapi.IsAccessDenied(err)) {
		return nil
	}
	return fmt.Errorf("%s ended with %w, allowed should be %v", what, err, want)
}

const byTagAndIdentity = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":"sns:CreateTopic","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}},
	{"Effect":"Allow","Action":"sns:ListTopics","Resource":"*","Condition":{"StringEquals":{"aws:SourceIdentity":"alice"}}},
	{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`

// What a session carries and may do, as a third party's reading of IAM decides it.
func TestCredentials_session(t *testing.T) {
	t.Parallel()
	customer := lab.Shared(t).NewAccount(t)
	admin := newWorld(t, customer)
	w := admin.collector(t)
	for _, settings := range []cfn.Role{{Name: "open", AllowSessionTags: true, AllowSourceIdentity: true}, {Name: "closed"}} {
		id := settings.Name + "-" + externalID
		trust := strings.ReplaceAll(admin.trustPolicy(t, settings), externalID, id)
		inputs, err := json.Marshal(map[string]any{"role": settings})
		if err != nil {
			t.Fatal(err)
		}
		admin.record(t, registry.Offer{Name: settings.Name, AccountID: customer.ID, ExternalID: id, Inputs: inputs},
			registry.Delivery{Status: registry.Verified, RoleARN: role(t, customer, settings.Name, trust, byTagAndIdentity), AccountID: customer.ID})
	}
	const (
		tags     = `session_tags = { team = "red" }`
		identity = `source_identity = "alice"`
		policy   = `session_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })`
	)
	snsOnly, err := iam.NewFromConfig(customer.Config("us-east-1")).CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: aws.String("sns"), PolicyDocument: aws.String(strings.ReplaceAll(allowAll, `"Action":"*"`, `"Action":"sns:*"`)),
	})
	if err != nil {
		t.Fatal(err)
	}
	good := func(label string, want session, lines ...string) resource.TestStep {
		want.customer, want.label = customer, label
		return resource.TestStep{Config: w.open(label, byName("open", lines...)...), ConfigStateChecks: []statecheck.StateCheck{want}}
	}
	bad := func(words string, lines ...string) resource.TestStep {
		return resource.TestStep{Config: w.open("x", byName("closed", lines...)...), ExpectError: regexpOf(words)}
	}
	const hour = time.Hour
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: withEcho(), Steps: []resource.TestStep{
		good("plain", session{name: "xrole", lasts: hour, buckets: true}),
		good("tags", session{name: "ci-7", lasts: hour, topic: true, buckets: true}, tags, `session_name = "ci-7"`),
		good("identity", session{name: "xrole", lasts: hour, list: true, buckets: true}, identity),
		good("both", session{name: "xrole", lasts: 15 * time.Minute, topic: true, list: true, buckets: true}, tags, identity, `duration_seconds = 900`),
		good("policy", session{name: "xrole", lasts: hour, buckets: true}, tags, identity, policy),
		good("arns", session{name: "xrole", lasts: hour, topic: true, list: true}, tags, identity, `policy_arns = ["`+*snsOnly.Policy.Arn+`"]`),
		bad("does not allow `sts:TagSession`: set `role.allow_session_tags = true`", tags),
		bad("does not allow `sts:SetSourceIdentity`: set `role.allow_source_identity = true`", identity),
		bad("an hour where Terraform's own credentials are a role's session", `duration_seconds = 7200`),
		bad("a policy of `policy_arns` is not there", `policy_arns = ["arn:aws:iam::aws:policy/Nothing"]`),
		{Config: w.config("")},
	}})
}

// A denial names the candidates, and says whether Terraform runs as one whom the customer's role lets in.
func TestCredentials_denied(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	customer := l.NewAccount(t)
	admin := newWorld(t, customer)
	arn := role(t, customer, "R", admin.trustPolicy(t, cfn.Role{}))
	admin.record(t, registry.Offer{Name: "globex", AccountID: customer.ID, ExternalID: externalID}, registry.Delivery{Status: registry.Verified, RoleARN: arn, AccountID: customer.ID})
	weak := admin.collector(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}]}`)
	other := admin
	other.partner = admin.partner.Principal(t, "role/tools/ci", allowAll)
	direct := func(arn, id string) []string {
		return []string{`role_arn = "` + arn + `"`, `external_id = "` + id + `"`}
	}
	able := admin
	able.partner = admin.partner.Principal(t, "user/alice", allowAll)
	refused := func(w world, words string, lines []string) resource.TestStep {
		return resource.TestStep{Config: w.open("x", lines...), ExpectError: regexpOf(words)}
	}
	steps := []resource.TestStep{
		refused(other, "assumed-role/ci/", byName("globex")),
		refused(other, "run Terraform as one of them, or add its role", byName("globex")),
		refused(weak, `role/collector" among the hub's `+"`trusted_principal_arns` means it", byName("globex")),
		refused(weak, "a policy of Terraform's own principal does not allow `sts:AssumeRole`", byName("globex")),
		refused(other, "`external_id` is not the one that the role asks for", direct(arn, "WRONG")),
		refused(other, "of the partner's own account", direct("arn:aws:iam::"+admin.partner.ID+":role/collector", "ANY")),
		refused(other, "nothing crosses a partition", direct("arn:aws-cn:iam::"+customer.ID+":role/R", "ANY")),
	}
	const meant, not = "means it", "is not among the hub's `trusted_principal_arns`"
	for _, row := range []struct {
		who           world
		pattern, want string
	}{
		{other, "role/tools/ci", meant + ", if the role's path is the one there"},
		{other, "role/*/ci", meant},
		{other, "role/tools/c?", meant},
		{other, "role/t*", meant},
		{other, "role/ci", meant},
		{other, "role/xci", not},
		{other, "role/tools/ci?", not},
		{other, "user/tools/ci", not},
		{able, "user/a*", meant + "."},
		{able, "user/alice", meant + "."},
		{able, "user/team/alice", not},
		{able, "role/alice", not},
	} {
		hub := fmt.Sprintf("hub = merge(local.hub, { trusted_principal_arns = [%q] })", "arn:aws:iam::"+admin.partner.ID+":"+row.pattern)
		steps = append(steps, refused(row.who, row.want, []string{hub, `name = "globex"`}))
	}
	var mend func()
	disable := func() {
		mend = l.Inject(lab.Fault{AccountID: admin.partner.ID, Operation: "AssumeRole", Kind: lab.Status{Code: 403, ErrorCode: "RegionDisabledException"}})
	}
	const words = `STS is not activated for the role's account`
	steps = append(steps,
		resource.TestStep{PreConfig: disable, Config: other.open("x", byName("globex")...), ExpectError: regexpOf(words)},
		resource.TestStep{
			Config:            other.config(trustCheck("x", byName("globex")...)),
			ConfigStateChecks: checked("x", false, knownvalue.Null(), knownvalue.Null(), "STS is deactivated in the role's account in us-east-1"),
		},
		resource.TestStep{PreConfig: func() { mend() }, Config: other.config("")},
	)
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: withEcho(), Steps: steps})
}

// What STS would refuse is refused before it is asked, on the attribute that is wrong.
func TestCredentials_invalid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("x", 2049)
	var steps []resource.TestStep
	for _, row := range [][2]string{
		{"duration_seconds = 899", "must be between 900 and 43200"},
		{"duration_seconds = 43201", "must be between 900 and 43200"},
		{`session_name = "x"`, "Invalid session name"},
		{`session_name = "a b"`, "Invalid session name"},
		{`source_identity = "aws:x"`, "Invalid source identity"},
		{`session_policy = "{"`, "Invalid session policy"},
		{`session_policy = "{}"`, "with Version and Statement"},
		{`session_policy = jsonencode({ Statement = [], Id = "` + long + `" })`, "at most 2048 characters"},
		{`policy_arns = ["SecurityAudit"]`, "Invalid policy ARN"},
		{`policy_arns = [for n in range(11) : "arn:aws:iam::aws:policy/P${n}"]`, "at most 10"},
		{`policy_arns = []`, "at least 1"},
		{`session_tags = { "aws:x" = "y" }`, "Invalid tag"},
		{`session_tags = { Team = "a", team = "b" }`, "differ only in case"},
		{`session_tags = { for n in range(51) : "k${n}" => "v" }`, "Too many tags"},
		{`external_id = "x"`, "Invalid External ID"},
		{`role_arn = "arn:aws:iam::222222222222:user/x"`, "Invalid role ARN"},
	} {
		lines := []string{row[0]}
		if !strings.HasPrefix(row[0], "role_arn") {
			lines = append(lines, `role_arn = "arn:aws:iam::222222222222:role/x"`)
		}
		if !strings.HasPrefix(row[0], "external_id") {
			lines = append(lines, `external_id = "ID"`)
		}
		steps = append(steps, resource.TestStep{Config: w.open("x", lines...), ExpectError: regexpOf(row[1])})
	}
	steps = append(steps, resource.TestStep{Config: w.config("")})
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: withEcho(), Steps: steps})
	if n := len(w.lab.Requests(lab.Filter{AccountID: w.partner.ID, Service: "sts", Operation: "AssumeRole"})); n != 0 {
		t.Errorf("%d roles were assumed", n)
	}
}
