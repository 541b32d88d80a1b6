package hub_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/hub"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func key(pk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}}
}

func getItem(pk string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		_, err := c.DynamoDB(h.Region).GetItem(ctx, &dynamodb.GetItemInput{TableName: &h.TableARN, Key: key(pk)})
		return err
	}
}

func getItems(pks ...string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		var keys []map[string]types.AttributeValue
		for _, pk := range pks {
			keys = append(keys, key(pk))
		}
		_, err := c.DynamoDB(h.Region).BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{h.TableARN: {Keys: keys}},
		})
		return err
	}
}

func putItem(pk string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		_, err := c.DynamoDB(h.Region).PutItem(ctx, &dynamodb.PutItemInput{TableName: &h.TableARN, Item: key(pk)})
		return err
	}
}

func deleteItem(pk string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		_, err := c.DynamoDB(h.Region).DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &h.TableARN, Key: key(pk)})
		return err
	}
}

func scan(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
	_, err := c.DynamoDB(h.Region).Scan(ctx, &dynamodb.ScanInput{TableName: &h.TableARN})
	return err
}

func assume(role string) deed {
	return func(ctx context.Context, c *awsclients.Clients, h *hub.Hub) error {
		_, err := c.STS(h.Region).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("probe")})
		return err
	}
}

// What the receiver may do, tried by a role that has the receiver's policy and nothing else.
func TestReceiverRole(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	partner, customer := l.NewAccount(t), l.NewAccount(t)
	h := apply(t, partner, specOf(t, l, customer))
	roles := iam.NewFromConfig(partner.Config(home))
	policy, err := roles.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{
		RoleName: aws.String("xrole-acme-receiver"), PolicyName: aws.String("receiver"),
	})
	if err != nil {
		t.Fatal(err)
	}
	document, err := url.PathUnescape(aws.ToString(policy.PolicyDocument))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(document, "kms:") {
		t.Errorf("without a key there is nothing to allow: %s", document)
	}
	receiver := clientsOf(partner.Principal(t, "role/as-receiver", document))
	trusting := trustingRole(t, customer, partner.ID)
	putObject(t, partner, h, "templates/"+customer.ID+"/globex/1.yaml")

	for what, row := range map[string]struct {
		do      deed
		allowed bool
	}{
		"read an offer":                    {getItems("offer#globex"), true},
		"read it in the other way":         {getItem("offer#globex"), false},
		"read an offer and its delivery":   {getItems("offer#globex", "delivery#globex"), true},
		"write a delivery":                 {putItem("delivery#globex"), true},
		"read the list of External IDs":    {getItems("external-id#x"), false},
		"read one of them beside an offer": {getItems("offer#globex", "external-id#x"), false},
		"write an offer":                   {putItem("offer#globex"), false},
		"reserve an External ID":           {putItem("external-id#x"), false},
		"delete a delivery":                {deleteItem("delivery#globex"), false},
		"delete an offer":                  {deleteItem("offer#globex"), false},
		"list the registry":                {scan, false},
		"assume a customer's role":         {assume(trusting), true},
		"assume a role of the own account": {assume(trustingRole(t, partner, partner.ID)), false},
		"assume the role that runs it":     {assume(h.ReceiverRoleARN), false},
		"read a template":                  {read("templates/" + customer.ID + "/globex/1.yaml"), false},
		"write a template":                 {write("templates/" + customer.ID + "/globex/1.yaml"), false},
		"publish":                          {publish(home), false},
		"open a topic":                     {openTopic, false},
	} {
		err := row.do(t.Context(), receiver, h)
		if row.allowed && err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if !row.allowed && !awsapi.IsAccessDenied(err) {
			t.Errorf("%s is not refused: %v", what, err)
		}
	}
}

// trustingRole makes a role that any principal of an account may assume.
func trustingRole(t *testing.T, owner *lab.Account, trusted string) string {
	t.Helper()
	out, err := iam.NewFromConfig(owner.Config(home)).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("trusting"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",` +
			`"Principal":{"AWS":"arn:aws:iam::` + trusted + `:root"}}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.Role.Arn)
}
