package cfn_test

import (
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

const (
	callbackLine = "    Type: Custom::AcmeCallback\n"
	dependsLine  = "    DependsOn: Read\n"
	tokenLine    = "ServiceToken: !Ref CallbackTopicArn"
	nameLine     = "OnboardingName: !Ref OnboardingName"
	roleARNLine  = "RoleArn: !GetAtt Role.Arn\n"
	versionLine  = "TemplateVersion: !Ref TemplateVersion\n"
	roleNameLine = "RoleName: !Ref Role\n"
)

const moreIDs = "  More:\n    Type: AWS::IAM::Policy\n    Properties: {PolicyName: x, PolicyDocument: {}, Roles: [ROLE]}\n"

func more(role string) string { return strings.Replace(moreIDs, "ROLE", role, 1) + readLine }

func TestRender_callbackAccepted(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][]string{
		"plain type":            {callbackLine, "    Type: AWS::CloudFormation::CustomResource\n"},
		"longest type":          {callbackLine, "    Type: Custom::" + strings.Repeat("x", 52) + "\n"},
		"topic written out":     {tokenLine, "ServiceToken: " + topic},
		"topic in text":         {tokenLine, `ServiceToken: !Sub "${CallbackTopicArn}"`},
		"name written out":      {nameLine, "OnboardingName: globex"},
		"role's arn in text":    {roleARNLine, "RoleArn: !Sub \"${Role.Arn}\"\n"},
		"timeout of 300":        {roleARNLine, "ServiceTimeout: 300\n      " + roleARNLine},
		"timeout of 3600":       {roleARNLine, "ServiceTimeout: \"3600\"\n      " + roleARNLine},
		"more properties":       {roleARNLine, roleARNLine + "      Bucket: !Ref Bucket\n      More: {A: [1, true, !Sub \"${AWS::Region}-${Bucket}\"], B: !Join [\"-\", [!Ref Role, !Sub [\"${X}\", {X: !Ref Bucket}]]]}\n"},
		"json as text":          {roleARNLine, roleARNLine + "      Note: '{\"team\": {\"x\": 1}}'\n"},
		"json with a name":      {roleARNLine, roleARNLine + "      Note: !Sub '{\"bucket\": \"${Bucket}\", \"as\": \"${!it} is\"}'\n"},
		"json as a default":     {roleARNLine, roleARNLine + "      Note: !Ref Bucket\n", "Default: logs", "Default: '{\"team\": \"x\"}'"},
		"name of a resource":    {roleARNLine, roleARNLine + "      Topic: !Ref Topic\n", readLine, "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub \"${AWS::StackName}-${Bucket}\", DisplayName: !Select [0, !Split [\",\", !Ref Bucket]]}}\n" + readLine},
		"word of a mapping":     {roleARNLine, roleARNLine + "      X: !FindInMap [M, !Ref AWS::Region, b]\n", resourceLine, "Mappings: {M: {eu-west-1: {b: c}}}\n" + resourceLine},
		"secret elsewhere":      {roleARNLine, roleARNLine + "      After: !Ref Db\n", readLine, "  Db: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: !Ref Bucket, MasterUsername: admin, MasterUserPassword: \"{{resolve:secretsmanager:x}}\"}}\n" + readLine},
		"another function":      {readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Sub \"arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Bucket}\"}}\n" + readLine},
		"another by parameter":  {readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Ref Bucket}}\n" + readLine},
		"another in pieces":     {readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Join [\":\", [!ImportValue x, !Ref Bucket]]}}\n" + readLine},
		"another by list":       {readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Join [\":\", !Split [\"/\", !Ref Bucket]]}}\n" + readLine},
		"another topic":         {readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Sub \"arn:aws:sns:${AWS::Region}:${AWS::AccountId}:${Bucket}\"}}\n" + readLine},
		"named by two":          {dependsLine, "", roleARNLine, roleARNLine + "      AfterRead: [!Ref Read, none]\n      AfterTopic: {Fn::GetAtt: [Topic, Arn]}\n", readLine, "  Topic: {Type: AWS::SNS::Topic}\n" + readLine},
		"deletion policy":       {dependsLine, dependsLine + "    DeletionPolicy: Delete\n"},
		"named by reference":    {dependsLine, "", roleARNLine, roleARNLine + "      After: !GetAtt Read.Id\n"},
		"named in text":         {dependsLine, "", roleARNLine, roleARNLine + "      After: !Sub \"${Read}\"\n"},
		"by way of another":     {dependsLine, "    DependsOn: Topic\n", readLine, "  Topic: {Type: AWS::SNS::Topic, DependsOn: Read}\n" + readLine},
		"policy of another":     {roleNameLine, "RoleName: someone\n", "    Properties:\n      AssumeRole", "    Properties:\n      RoleName: Acme\n      AssumeRole", dependsLine, ""},
		"managed policy":        {"      AssumeRole", "      ManagedPolicyArns: [!Ref Managed]\n      AssumeRole", readLine, "  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {}}}\n" + readLine},
		"policy if there":       {dependsLine, "    DependsOn: [Read]\n", roleARNLine, roleARNLine + "      After: !If [HasBucket, !Ref More, none]\n", readLine, strings.Replace(more("!Ref Role"), "    Properties", "    Condition: HasBucket\n    Properties", 1)},
		"role kept on deletion": {"    Type: AWS::IAM::Role\n", "    Type: AWS::IAM::Role\n    DeletionPolicy: Retain\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accepted(t, edit(t, pairs...), values())
		})
	}
}

func TestRender_callbackRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		want  string
		pairs []string
	}{
		"none":                    {"does not call back", []string{callbackLine, "    Type: AWS::SNS::Topic\n"}},
		"another topic":           {"does not call back", []string{tokenLine, "ServiceToken: arn:aws:sns:eu-west-1:111122223333:other"}},
		"topic by parameter":      {"does not call back", []string{tokenLine, "ServiceToken: !Ref Bucket"}},
		"topic under a condition": {"does not call back", []string{tokenLine, "ServiceToken: !If [HasBucket, !Ref CallbackTopicArn, !Ref Bucket]"}},
		"two":                     {"calls back twice", []string{readLine, "  Again: {Type: Custom::X, Properties: {" + tokenLine + "}}\n" + readLine}},
		"perhaps two":             {"Whether this reports to the partner's topic too", []string{readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Join [\"\", [!Ref CallbackTopicArn, !Ref Bucket]]}}\n" + readLine}},
		"perhaps two by text":     {"Whether this reports to the partner's topic too", []string{readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Sub \"${CallbackTopicArn}${Bucket}\"}}\n" + readLine}},
		"perhaps two in pieces":   {"Whether this reports to the partner's topic too", []string{readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Join [\":\", [arn, aws, sns, !Ref AWS::Region, \"111122223333\", !Select [0, [xrole-acme]]]]}}\n" + readLine}},
		"perhaps two by list":     {"Whether this reports to the partner's topic too", []string{readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Join [\":\", !If [HasBucket, [arn, aws, sns, eu-west-1, \"111122223333\", !Ref Bucket], [x]]]}}\n" + readLine}},
		"perhaps two deep":        {"Whether this reports to the partner's topic too", []string{readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !Select [0, [!Sub \"arn:aws:sns:eu-west-1:111122223333:xrole-${Bucket}\"]]}}\n" + readLine}},
		"perhaps two by if":       {"Whether this reports to the partner's topic too", []string{readLine, "  Again: {Type: Custom::X, Properties: {ServiceToken: !If [HasBucket, !Ref Bucket, !Sub \"arn:${AWS::Partition}:sns:${Bucket}:111122223333:xrole-acme\"]}}\n" + readLine}},
		"long type":               {"at most 60", []string{callbackLine, "    Type: Custom::" + strings.Repeat("x", 53) + "\n"}},
		"type with a dot":         {"_@-", []string{callbackLine, "    Type: Custom::A.B\n"}},
		"key sent out":            {"never expire", []string{roleARNLine, roleARNLine + "      After: !Ref Key\n", readLine, "  User: {Type: AWS::IAM::User}\n  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}\n" + readLine}},
		"secret after":            {"sent to the partner", []string{roleARNLine, roleARNLine + "      After: !GetAtt Key.SecretAccessKey\n", readLine, "  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: x}}\n" + readLine}},
		"secret by a parameter": {"sent to the partner", []string{
			roleARNLine, roleARNLine + "      After: !GetAtt [Client, !Ref Bucket]\n", "Default: logs", "Default: ClientSecret",
			readLine, "  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: x, GenerateSecret: true}}\n" + readLine,
		}},
		"secret in text":          {"sent to the partner", []string{roleARNLine, roleARNLine + "      After: !If [HasBucket, !Sub \"${Key.SecretAccessKey}\", x]\n", readLine, "  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: x}}\n" + readLine}},
		"password after":          {"sent to the partner", []string{roleARNLine, roleARNLine + "      After: !Ref Secret\n", bucketLine, bucketLine + "  Secret: {Type: String, NoEcho: true}\n"}},
		"password by a yes":       {"sent to the partner", []string{roleARNLine, roleARNLine + "      After: !Ref Secret\n", bucketLine, bucketLine + "  Secret: {Type: String, NoEcho: yes}\n"}},
		"password in text":        {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Sub \"${Read} ${Secret}\"\n", bucketLine, bucketLine + "  Secret: {Type: String, NoEcho: \"true\"}\n"}},
		"reference as default":    {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: [!Ref Bucket]\n", "Default: logs", "Default: \"{{resolve:ssm:x}}\""}},
		"parameter store":         {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Ref Stored\n", bucketLine, bucketLine + "  Stored: {Type: AWS::SSM::Parameter::Value<String>, Default: /x}\n"}},
		"reference by mapping":    {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: {A: !FindInMap [M, a, b]}\n", resourceLine, "Mappings: {M: {a: {b: \"{{resolve:ssm:x}}\"}}}\n" + resourceLine}},
		"reference after":         {"sent to the partner", []string{roleARNLine, roleARNLine + "      After: \"{{resolve:secretsmanager:x}}\"\n"}},
		"reference in text":       {"sent to the partner", []string{roleARNLine, roleARNLine + "      After: !Sub \"{{resolve:ssm:${Read}}}\"\n"}},
		"joined after":            {"sent to the partner", []string{roleARNLine, roleARNLine + "      After: !Join [\"\", [\"{{reso\", \"lve:ssm:x}}\"]]\n"}},
		"own variables after":     {"sent to the partner", []string{roleARNLine, roleARNLine + "      After: !Sub [\"${Read}\", {Read: !GetAtt Role.RoleId}]\n"}},
		"reference in a key":      {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: {\"{{resolve:ssm:x}}\": y}\n"}},
		"reference as a key":      {"sent to the partner", []string{roleARNLine, roleARNLine + "      \"{{resolve:ssm:x}}\": y\n"}},
		"reference by choice":     {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Ref Bucket\n", "Default: logs", "AllowedValues: [\"{{resolve:secretsmanager:x}}\"]"}},
		"reference around a name": {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Sub \"{${Bucket}{resolve:ssm:x}}\"\n"}},
		"secret as a name":        {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Ref Topic\n", readLine, "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: \"{{resolve:secretsmanager:x}}\"}}\n" + readLine}},
		"secret as a name's part": {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Sub \"${Topic}\"\n", readLine, "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub \"a-{{resolve:secretsmanager:x}}\"}}\n" + readLine}},
		"secret by a mapping": {"sent to the partner", []string{
			roleARNLine, roleARNLine + "      X: !Ref Topic\n", resourceLine, "Mappings: {M: {a: {b: \"{{resolve:ssm:x}}\"}}}\n" + resourceLine,
			readLine, "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !FindInMap [M, a, b]}}\n" + readLine,
		}},
		"secret in an arn":        {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !GetAtt Topic.Arn\n", readLine, "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Join [\"\", [\"{\", \"{resolve:ssm:x}}\"]]}}\n" + readLine}},
		"password as a name":      {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Ref Topic\n", readLine, "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Select [0, [!Ref Secret]]}}\n" + readLine, bucketLine, bucketLine + "  Secret: {Type: String, NoEcho: true}\n"}},
		"password by two names":   {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Ref Topic\n", readLine, "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Queue}}\n  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Secret}}\n" + readLine, bucketLine, bucketLine + "  Secret: {Type: String, NoEcho: true}\n"}},
		"password as an id":       {"sent to the partner", []string{roleARNLine, roleARNLine + "      X: !Ref Db\n", readLine, "  Db: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: !Ref Secret}}\n" + readLine, bucketLine, bucketLine + "  Secret: {Type: String, NoEcho: true}\n"}},
		"secret as role's name":   {"sent to the partner", []string{assumeLine, "      RoleName: \"{{resolve:secretsmanager:x}}\"\n" + assumeLine}},
		"password as role's path": {"sent to the partner", []string{assumeLine, "      Path: !Sub \"/${Secret}/\"\n" + assumeLine, bucketLine, bucketLine + "  Secret: {Type: String, NoEcho: true}\n"}},
		"under a condition":       {"must not depend on a condition", []string{callbackLine, callbackLine + "    Condition: HasBucket\n"}},
		"retained":                {"DeletionPolicy other than Delete", []string{callbackLine, callbackLine + "    DeletionPolicy: Retain\n"}},
		"retained but on create":  {"DeletionPolicy other than Delete", []string{callbackLine, callbackLine + "    DeletionPolicy: RetainExceptOnCreate\n"}},
		"retained on replacement": {"UpdateReplacePolicy other than Delete", []string{callbackLine, callbackLine + "    UpdateReplacePolicy: Retain\n"}},
		"no name":                 {"lacks the property OnboardingName", []string{nameLine + "\n", "X: y\n"}},
		"another name":            {"the value that xrole gives", []string{nameLine, "OnboardingName: initech"}},
		"name by parameter":       {"the value that xrole gives", []string{nameLine, "OnboardingName: !Ref Bucket"}},
		"no version":              {"lacks the property TemplateVersion", []string{versionLine, "X: y\n"}},
		"version of their own":    {"the value that xrole gives", []string{versionLine, "TemplateVersion: \"1\"\n"}},
		"no role":                 {"lacks the property RoleArn", []string{roleARNLine, "X: y\n"}},
		"role's name":             {"must be the ARN of a role", []string{roleARNLine, "RoleArn: !Ref Role\n"}},
		"role's name by Sub":      {"must be the ARN of a role", []string{roleARNLine, "RoleArn: !Sub ${Role}\n"}},
		"role's id":               {"must be the ARN of a role", []string{roleARNLine, "RoleArn: !GetAtt Role.RoleId\n"}},
		"role written out":        {"must be the ARN of a role", []string{roleARNLine, "RoleArn: arn:aws:iam::012345678901:role/Acme\n"}},
		"arn of something else":   {"must be the ARN of a role", []string{roleARNLine, "RoleArn: !GetAtt Topic.Arn\n", readLine, "  Topic: {Type: AWS::SNS::Topic}\n" + readLine}},
		"role of someone else": {"does not let in all trusted principals", []string{
			roleARNLine, "RoleArn: !GetAtt Second.Arn\n",
			readLine, secondRole("Effect: Allow\nPrincipal: {Service: lambda.amazonaws.com}\nAction: sts:AssumeRole"),
		}},
		"role under a condition":  {"role that is reported must not depend", []string{"    Type: AWS::IAM::Role\n", "    Type: AWS::IAM::Role\n    Condition: HasBucket\n"}},
		"timeout of 299":          {"300 to 3600 seconds", []string{roleARNLine, "ServiceTimeout: 299\n      " + roleARNLine}},
		"timeout of 3601":         {"300 to 3600 seconds", []string{roleARNLine, "ServiceTimeout: 3601\n      " + roleARNLine}},
		"timeout by parameter":    {"300 to 3600 seconds", []string{roleARNLine, "ServiceTimeout: !Ref Bucket\n      " + roleARNLine}},
		"no timeout":              {"300 to 3600 seconds", []string{roleARNLine, "ServiceTimeout: !Ref AWS::NoValue\n      " + roleARNLine}},
		"before the policy":       {"must wait for Read", []string{dependsLine, ""}},
		"before one of two":       {"must wait for More", []string{readLine, more("!Ref Role")}},
		"before a policy by name": {"must wait for More", []string{readLine, more("Acme"), "    Properties:\n      AssumeRole", "    Properties:\n      RoleName: acme\n      AssumeRole"}},
		"before one by parameter": {"must wait for More", []string{readLine, more("!Ref Bucket")}},
		"before a managed policy": {"must wait for More", []string{readLine, strings.Replace(more("!Ref Role"), "IAM::Policy", "IAM::ManagedPolicy", 1)}},
		"before a list":           {"must wait for More", []string{readLine, strings.Replace(more("x"), "[x]", "!Split [a, !Ref Bucket]", 1)}},
		"policy if there":         {"After: !If [HasBucket, !Ref More, none]", []string{readLine, strings.Replace(more("!Ref Role"), "    Properties", "    Condition: HasBucket\n    Properties", 1)}},
		"named in another branch": {"must wait for More", []string{readLine, more("!Ref Role"), roleARNLine, roleARNLine + "      After: !If [HasBucket, x, !Ref More]\n"}},
		"named under a condition": {"must wait for More", []string{readLine, more("!Ref Role"), roleARNLine, roleARNLine + "      After: !If [HasBucket, !Ref More, none]\n"}},
		"named two conditions deep": {"After: !If [HasBucket, !Ref More, none]", []string{
			conditions, conditions + "  A: !Equals [!Ref Bucket, x]\n",
			roleARNLine, roleARNLine + "      After: !If [A, !If [HasBucket, !Ref More, none], none]\n", readLine, strings.Replace(more("!Ref Role"), "    Properties", "    Condition: HasBucket\n    Properties", 1),
		}},
		"by way of a maybe absent": {"must wait for Read", []string{dependsLine, "", readLine, "  Topic: {Type: AWS::SNS::Topic, Condition: HasBucket, DependsOn: Read}\n" + readLine, roleARNLine, roleARNLine + "      After: !If [HasBucket, !Ref Topic, none]\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, edit(t, row.pairs...), values(), row.want)
		})
	}
}

func TestRender_serviceTimeout(t *testing.T) {
	t.Parallel()
	v := values()
	v.ServiceTimeoutSeconds = 1200
	for source, want := range map[string]string{
		base: "ServiceTimeout: 1200\n",
		edit(t, roleARNLine, "ServiceTimeout: 900\n      "+roleARNLine): "ServiceTimeout: 900\n",
	} {
		if body := string(render(t, source, v, cfn.Pinned).Body); strings.Count(body, "ServiceTimeout") != 1 || !strings.Contains(body, want) {
			t.Errorf("want %q in\n%s", want, body)
		}
	}
}
