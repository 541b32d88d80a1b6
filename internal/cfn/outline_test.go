package cfn_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

func TestTemplate_Outline(t *testing.T) {
	t.Parallel()
	template, err := cfn.Parse(`
Parameters:
  ExternalId: {Type: String}
  Owner: {Type: String, Description: Who pays.}
  Days: {Type: Number, Default: 30}
  Empty: {Type: String, Default: ""}
  Secret: {Type: String, NoEcho: true, Default: hidden}
Conditions: {Big: !Equals [a, b]}
Resources:
  Role: {Type: AWS::IAM::Role}
  Logs: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Condition: Big}
  Table: {Type: AWS::DynamoDB::Table, DeletionPolicy: Delete}
  Disk: {Type: AWS::EC2::Volume, DeletionPolicy: !If [Big, Retain, Delete]}
  Fn::ForEach::Topics: [Name, [a, b], {"Topic${Name}": {Type: AWS::SNS::Topic}}]
`)
	if err != nil {
		t.Fatal(err)
	}
	want := cfn.Outline{
		Resources: []cfn.OutlinedResource{
			{LogicalID: "Role", Type: "AWS::IAM::Role"},
			{LogicalID: "Logs", Type: "AWS::S3::Bucket", Conditional: true, Kept: true},
			{LogicalID: "Table", Type: "AWS::DynamoDB::Table"},
			{LogicalID: "Disk", Type: "AWS::EC2::Volume", Kept: true},
			{LogicalID: "Fn::ForEach::Topics", Conditional: true},
		},
		Parameters: []cfn.OutlinedParameter{
			{Name: "Owner", Description: "Who pays.", Required: true},
			{Name: "Days", Default: "30"},
			{Name: "Empty"},
			{Name: "Secret"},
		},
	}
	if diff := cmp.Diff(want, template.Outline()); diff != "" {
		t.Error(diff)
	}
}
