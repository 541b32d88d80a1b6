package permissions_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const partnersSide = head + `
resource "xrole_hub" "main" {
  name                   = "acme"
  regions                = %[1]s
  trusted_principal_arns = ["arn:aws:iam::%[2]s:role/ci"]
  architecture           = %[3]q
  customers              = { account_ids = [%[4]q] }
}
resource "xrole_onboarding" "globex" {
  name       = "globex"
  hub        = xrole_hub.main
  account_id = %[4]q
  role       = { name = "AcmeAccess", managed_policy_arns = ["arn:aws:iam::aws:policy/SecurityAudit"] }
}
`

// From nothing to the first invitation and back, by the real CLI and with exactly the policies for that.
func TestHub_terraform(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	w := world{lab: l, partner: l.NewAccount(t), customer: l.NewAccount(t)}
	var policies []string
	for _, file := range []string{"hub.json", "hub-role-unbounded.json", "onboardings.json"} {
		policies = append(policies, load(t, file, hubValues(w.partner.ID)).without())
	}
	config := func(regions string) map[string]string {
		machine := strings.Replace(runtime.GOARCH, "amd64", "x86_64", 1)
		return map[string]string{"main.tf": fmt.Sprintf(partnersSide, regions, w.partner.ID, machine, w.customer.ID)}
	}
	tf := l.Terraform(t, w.partner.Principal(t, "ci", policies...), config(`["us-east-1"]`))
	tf.Init()
	tf.Apply()
	tf.Write(config(`["us-east-1", "eu-west-1"]`))
	tf.Apply()
	if changes, output := tf.Plan(); changes {
		t.Errorf("there is something to do:\n%s", output)
	}
	tf.Destroy()
	if refused := w.refused(); len(refused) > 0 {
		t.Errorf("refused: %+v", refused)
	}
}

// What each policy is there to keep out.
func TestPolicies_refuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	item := func(pk string) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}}
	}
	put := func(pk string) func(context.Context, *awsclients.Clients) error {
		return func(ctx context.Context, c *awsclients.Clients) error {
			_, err := c.DynamoDB(home).PutItem(ctx, &dynamodb.PutItemInput{TableName: &w.hub.TableARN, Item: item(pk)})
			return err
		}
	}
	object := func(key string) func(context.Context, *awsclients.Clients) error {
		return func(ctx context.Context, c *awsclients.Clients) error {
			_, err := c.S3(home).PutObject(ctx, &s3.PutObjectInput{Bucket: &w.hub.Bucket, Key: &key, Body: strings.NewReader("x")})
			return err
		}
	}
	for what, row := range map[string]struct {
		file string
		do   func(context.Context, *awsclients.Clients) error
	}{
		"ci writes a delivery":             {"onboardings.json", put("delivery#globex")},
		"ci writes the hub's settings":     {"onboardings.json", put("hub#settings")},
		"ci replaces the receiver":         {"onboardings.json", object("receiver/0.zip")},
		"a reader writes an offer":         {"reader.json", put("offer#globex")},
		"a reader publishes a template":    {"reader.json", object("templates/any/globex/0.yaml")},
		"the hub's owner writes an offer":  {"hub.json", put("offer#globex")},
		"the hub's owner writes templates": {"hub.json", object("templates/any/globex/0.yaml")},
		"the hub's owner makes another role": {"hub-role-unbounded.json", func(ctx context.Context, c *awsclients.Clients) error {
			roles := iam.New(iam.Options{Region: home, Credentials: c.STS(home).Options().Credentials})
			_, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("other"), AssumeRolePolicyDocument: aws.String("{}")})
			return err
		}},
		"the hub's owner gives the role to another service": {"hub-role-unbounded.json", func(ctx context.Context, c *awsclients.Clients) error {
			_, err := c.CloudFormation(home).CreateStack(ctx, &cloudformation.CreateStackInput{
				StackName: aws.String("other"), TemplateBody: aws.String("Resources: {}"), RoleARN: &w.hub.ReceiverRoleARN,
			})
			return err
		}},
		"ci reads the receiver's settings": {"onboardings.json", func(ctx context.Context, c *awsclients.Clients) error {
			_, err := c.Lambda(home).GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &w.hub.ReceiverFunctionARN})
			return err
		}},
		"a deployer launches a template of another's": {"customer-deployer.json", func(ctx context.Context, c *awsclients.Clients) error {
			_, err := c.CloudFormation(home).CreateStack(ctx, &cloudformation.CreateStackInput{
				StackName: aws.String("AcmeAccess"), TemplateURL: aws.String("https://evil-bucket.s3.us-east-1.amazonaws.com/templates/" + w.customer.ID + "/x.yaml"),
			})
			return err
		}},
		"a deployer launches a template of their own": {"customer-deployer.json", func(ctx context.Context, c *awsclients.Clients) error {
			_, err := c.CloudFormation(home).CreateStack(ctx, &cloudformation.CreateStackInput{
				StackName: aws.String("AcmeAccess"), TemplateBody: aws.String("Resources: {}"),
			})
			return err
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			owner := w.partner
			if row.file == "customer-deployer.json" {
				owner = w.customer
			}
			values := mapsWith(mapsWith(w.values(), "path", "/"), "kms_key_arn", "")
			who := owner.Principal(t, strings.NewReplacer(" ", "-", "'", "").Replace(what), load(t, row.file, values).without())
			if err := row.do(t.Context(), clientsOf(who)); !awsapi.IsAccessDenied(err) {
				t.Errorf("it is not refused: %v", err)
			}
		})
	}
}
