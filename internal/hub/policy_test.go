package hub_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/hub"
)

const (
	bucket = "xrole-acme-111111111111-us-east-1-an"
	topic  = "arn:aws:sns:us-east-1:111111111111:xrole-acme"
)

func accounts(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%012d", 100000000000+i)
	}
	return out
}

func TestBucketPolicy(t *testing.T) {
	t.Parallel()
	deny := `{"Sid":"DenyPlainHTTP","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["arn:aws:s3:::` + bucket + `","arn:aws:s3:::` + bucket + `/*"],` +
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	for name, row := range map[string]struct {
		access hub.Access
		want   string
	}{
		"nobody yet": {want: `{"Version":"2012-10-17","Statement":[` + deny + `]}`},
		"two accounts": {
			access: hub.Access{AccountIDs: []string{"333333333333", "022222222222", "333333333333"}},
			want: `{"Version":"2012-10-17","Statement":[` + deny + `,{"Sid":"ReadTemplates","Effect":"Allow",` +
				`"Principal":{"AWS":["arn:aws:iam::022222222222:root","arn:aws:iam::333333333333:root"]},` +
				`"Action":"s3:GetObject","Resource":"arn:aws:s3:::` + bucket + `/templates/${aws:PrincipalAccount}/*"}]}`,
		},
		"anyone": {
			access: hub.Access{Anyone: true},
			want: `{"Version":"2012-10-17","Statement":[` + deny + `,{"Sid":"ReadTemplates","Effect":"Allow",` +
				`"Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + bucket + `/templates/*"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := hub.BucketPolicy("aws", bucket, row.access)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTopicPolicy(t *testing.T) {
	t.Parallel()
	deny := `{"Sid":"DenyPlainHTTP","Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"` + topic +
		`","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	allow := `{"Sid":"CallBack","Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"` + topic + `"`
	for name, row := range map[string]struct {
		access hub.Access
		want   string
	}{
		"nobody yet": {want: `{"Version":"2012-10-17","Statement":[` + deny + `]}`},
		"two accounts": {
			access: hub.Access{AccountIDs: []string{"333333333333", "022222222222"}},
			want: `{"Version":"2012-10-17","Statement":[` + deny + `,` + allow +
				`,"Condition":{"StringEquals":{"aws:PrincipalAccount":["022222222222","333333333333"]}}}]}`,
		},
		"anyone": {
			access: hub.Access{Anyone: true},
			want: `{"Version":"2012-10-17","Statement":[` + deny + `,` + allow +
				`,"Condition":{"StringLike":{"aws:PrincipalAccount":"*"}}}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := hub.TopicPolicy(topic, row.access)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPolicies_refused(t *testing.T) {
	t.Parallel()
	for name, access := range map[string]hub.Access{
		"short id":          {AccountIDs: []string{"22222222222"}},
		"dashed id":         {AccountIDs: []string{"2222-2222-2222"}},
		"everybody as id":   {AccountIDs: []string{"*"}},
		"a root's ARN":      {AccountIDs: []string{"arn:aws:iam::222222222222:root"}},
		"a quote":           {AccountIDs: []string{`22222222222"`}},
		"accounts and open": {AccountIDs: []string{"222222222222"}, Anyone: true},
	} {
		if got, err := hub.BucketPolicy("aws", bucket, access); err == nil {
			t.Errorf("%s: bucket policy %s", name, got)
		}
		if got, err := hub.TopicPolicy(topic, access); err == nil {
			t.Errorf("%s: topic policy %s", name, got)
		}
	}
}

func TestPolicies_size(t *testing.T) {
	t.Parallel()
	longName := "xrole-" + strings.Repeat("x", 24) + "-111111111111-us-gov-west-1-an"
	for partition, fit := range map[string]int{"aws": 500, "aws-cn": 500, "aws-eusc": 500, "aws-us-gov": 450} {
		if _, err := hub.BucketPolicy(partition, longName, hub.Access{AccountIDs: accounts(fit)}); err != nil {
			t.Errorf("%s: %d accounts: %v", partition, fit, err)
		}
	}
	if _, err := hub.TopicPolicy(topic, hub.Access{AccountIDs: accounts(2000)}); err != nil {
		t.Error(err)
	}
	bucketOf := func(n int) ([]byte, error) {
		return hub.BucketPolicy("aws", bucket, hub.Access{AccountIDs: accounts(n)})
	}
	topicOf := func(n int) ([]byte, error) { return hub.TopicPolicy(topic, hub.Access{AccountIDs: accounts(n)}) }
	for name, policy := range map[string]func(int) ([]byte, error){"bucket": bucketOf, "topic": topicOf} {
		_, err := policy(5000)
		tooLarge, ok := errors.AsType[*hub.PolicyTooLargeError](err)
		if !ok {
			t.Fatalf("%s: 5000 accounts: %v", name, err)
		}
		if tooLarge.Policy != name || tooLarge.Accounts != 5000 || tooLarge.Size <= tooLarge.Limit {
			t.Errorf("%s: %+v", name, *tooLarge)
		}
		if _, err := policy(tooLarge.Fits); err != nil {
			t.Errorf("%s: %d accounts are said to fit: %v", name, tooLarge.Fits, err)
		}
		if _, err := policy(tooLarge.Fits + 1); err == nil {
			t.Errorf("%s: %d accounts fit as well", name, tooLarge.Fits+1)
		}
	}
}

func TestSamePolicy(t *testing.T) {
	t.Parallel()
	ours := `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"A","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["b","b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},` +
		`{"Sid":"B","Effect":"Allow","Principal":{"AWS":["222222222222","arn:aws:iam::333333333333:root"]},"Action":"s3:GetObject","Resource":"b/t/*"}]}`
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(ours) }
	for name, row := range map[string]struct {
		other string
		same  bool
	}{
		"itself":                    {ours, true},
		"bare account as root":      {change(`"222222222222"`, `"arn:aws:iam::222222222222:root"`), true},
		"other order of principals": {change(`"222222222222","arn:aws:iam::333333333333:root"`, `"arn:aws:iam::333333333333:root","222222222222"`), true},
		"list of one":               {change(`"b/t/*"`, `["b/t/*"]`, `"s3:GetObject"`, `["s3:GetObject"]`), true},
		"star as AWS principal":     {change(`"Principal":"*"`, `"Principal":{"AWS":"*"}`), true},
		"case of action and key":    {change("s3:GetObject", "S3:getobject", "aws:SecureTransport", "AWS:securetransport"), true},
		"boolean for text":          {change(`"false"`, `false`), true},
		"no statement ids":          {change(`"Sid":"A",`, ``, `"Sid":"B",`, ``), true},
		"deleted account":           {change(`"222222222222"`, `"AIDAJQABLZS4A3QDU576Q"`), false},
		"account missing":           {change(`"222222222222",`, ``), false},
		"account added":             {change(`"222222222222",`, `"222222222222","444444444444",`), false},
		"role of the account":       {change("333333333333:root", "333333333333:role/x"), false},
		"wider resource":            {change(`"b/t/*"`, `"b/*"`), false},
		"other effect":              {change("Deny", "Allow"), false},
		"condition gone":            {change(`,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`, ``), false},
		"other operator":            {change(`"Bool"`, `"BoolIfExists"`), false},
		"principal turned round":    {change(`"Principal":{`, `"NotPrincipal":{`), false},
		"older language":            {change("2012-10-17", "2008-10-17"), false},
	} {
		if same := hub.SamePolicy(ours, row.other); same != row.same {
			t.Errorf("%s: same = %v", name, same)
		}
	}
	for _, bad := range []string{"", "no policy", `{"Statement":"x"}`, `{"Statement":[{"Principal":7}]}`} {
		if hub.SamePolicy(ours, bad) || hub.SamePolicy(bad, bad) {
			t.Errorf("%q passes for a policy", bad)
		}
	}
}

func TestSamePolicy_statementOrder(t *testing.T) {
	t.Parallel()
	body, err := hub.BucketPolicy("aws", bucket, hub.Access{AccountIDs: accounts(3)})
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	statements, ok := doc["Statement"].([]any)
	if !ok {
		t.Fatal("no statements")
	}
	slices.Reverse(statements)
	turned, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !hub.SamePolicy(string(body), string(turned)) {
		t.Error("another order of statements makes another policy")
	}
}
