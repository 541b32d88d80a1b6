package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/xrole/terraform-provider-xrole/internal/partition"
)

// Limits of the documents in bytes. Whitespace counts, and there is none. See
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html and
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html.
const (
	maxBucketPolicy = 20 << 10
	maxTopicPolicy  = 30 << 10
)

// Access says who may read templates and publish to the topics.
type Access struct {
	// AccountIDs are the customers' accounts, in any order; repetitions do no harm. It is empty in a hub for anyone.
	AccountIDs []string
	// Departing are accounts that are no longer customers but have a stack that stands: they may publish, so that they can
	// delete it, and read nothing. It is empty in a hub for anyone.
	Departing []string `json:",omitempty"`
	// Anyone opens the topics to every AWS account, and the templates to whoever holds a link.
	Anyone bool
}

// PolicyTooLargeError says that a hub has more accounts than fit in one of its policies.
type PolicyTooLargeError struct {
	// Policy is "bucket" or "topic".
	Policy string
	// Size and Limit are in bytes.
	Size, Limit int
	// Accounts is how many there are, Fits how many the policy can hold.
	Accounts, Fits int
}

// Error gives the numbers and the way out.
func (e *PolicyTooLargeError) Error() string {
	return fmt.Sprintf("%d accounts make a %s policy of %d bytes, %d are allowed: at most %d accounts fit in this hub; "+
		"make a second hub for the others, or one for anyone", e.Accounts, e.Policy, e.Size, e.Limit, e.Fits)
}

type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  any
	Condition map[string]map[string]any `json:",omitempty"`
}

// BucketPolicy returns the policy of a hub's bucket, the same bytes for the same access. Each account may read what is
// under templates/<its id>/ and nothing else; in a hub for anyone, everybody may read what is under templates/. Accounts
// are principals, not conditions: only so does S3 see a policy that is not public, and Block Public Access stays on. A
// departing account is not in it: a stack is deleted without its template. Plain http is denied. The error is a *PolicyTooLargeError above 20 KB.
func BucketPolicy(partitionID, bucket string, a Access) ([]byte, error) {
	accounts, err := a.accounts(a.AccountIDs)
	if err != nil {
		return nil, err
	}
	arn := partition.ARN(partitionID, "s3", "", "", bucket)
	doc := document{Version: "2012-10-17", Statement: []statement{
		denyPlainHTTP("s3:*", []string{arn, arn + "/*"}),
	}}
	read := statement{Sid: "ReadTemplates", Effect: "Allow", Action: "s3:GetObject"}
	perAccount := 0
	switch {
	case a.Anyone:
		read.Principal = "*"
		read.Resource = arn + "/templates/*"
		doc.Statement = append(doc.Statement, read)
	case len(accounts) > 0:
		roots := make([]string, len(accounts))
		for i, id := range accounts {
			roots[i] = partition.ARN(partitionID, "iam", "", id, "root")
		}
		perAccount = len(roots[0]) + len(`"",`)
		read.Principal = map[string][]string{"AWS": roots}
		read.Resource = arn + "/templates/${aws:PrincipalAccount}/*"
		doc.Statement = append(doc.Statement, read)
	}
	return sized(doc, PolicyTooLargeError{Policy: "bucket", Limit: maxBucketPolicy, Accounts: len(accounts)}, perAccount)
}

// TopicPolicy returns the policy of one topic of a hub, the same bytes for the same access. Each account may publish,
// a departing one too, or any account there is; nothing else is granted to anybody. Plain http is denied. Accounts are the values of a condition, since
// SNS takes 200 principals at most. The error is a *PolicyTooLargeError above 30 KB.
func TopicPolicy(topicARN string, a Access) ([]byte, error) {
	accounts, err := a.accounts(slices.Concat(a.AccountIDs, a.Departing))
	if err != nil {
		return nil, err
	}
	doc := document{Version: "2012-10-17", Statement: []statement{denyPlainHTTP("sns:Publish", topicARN)}}
	publish := statement{Sid: "CallBack", Effect: "Allow", Principal: "*", Action: "sns:Publish", Resource: topicARN}
	switch {
	case a.Anyone:
		// Any account, but nobody without one: SNS takes unsigned requests where a policy lets it.
		publish.Condition = map[string]map[string]any{"StringLike": {"aws:PrincipalAccount": "*"}}
		doc.Statement = append(doc.Statement, publish)
	case len(accounts) > 0:
		publish.Condition = map[string]map[string]any{"StringEquals": {"aws:PrincipalAccount": accounts}}
		doc.Statement = append(doc.Statement, publish)
	}
	return sized(doc, PolicyTooLargeError{Policy: "topic", Limit: maxTopicPolicy, Accounts: len(accounts)}, len(`"000000000000",`))
}

func denyPlainHTTP(action string, resource any) statement {
	return statement{
		Sid: "DenyPlainHTTP", Effect: "Deny", Principal: "*", Action: action, Resource: resource,
		Condition: map[string]map[string]any{"Bool": {"aws:SecureTransport": "false"}},
	}
}

// accounts returns the ids sorted and without repetitions.
func (a Access) accounts(ids []string) ([]string, error) {
	if a.Anyone && len(ids) > 0 {
		return nil, &SpecError{"customers.anyone", "", "`true` lets every account in, so `account_ids` cannot be given as well: keep one of them"}
	}
	for _, id := range ids {
		if !partition.ValidAccountID(id) {
			return nil, &SpecError{"customers.account_ids", id, "must be exactly twelve digits"}
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(ids))), nil
}

func sized(doc document, tooLarge PolicyTooLargeError, perAccount int) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("encoding the %s policy: %w", tooLarge.Policy, err)
	}
	body := bytes.TrimSpace(b.Bytes())
	if over := len(body) - tooLarge.Limit; over > 0 {
		tooLarge.Size = len(body)
		tooLarge.Fits = tooLarge.Accounts - (over+perAccount-1)/perAccount
		return nil, &tooLarge
	}
	return body, nil
}
