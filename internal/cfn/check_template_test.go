package cfn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xrole/terraform-provider-xrole/internal/cfn"
)

const (
	bucketLine   = "  Bucket: {Type: String, Default: logs}\n"
	outputLine   = "  RoleArn: {Value: !GetAtt Role.Arn}\n"
	parameters   = "Parameters:\n"
	resourceLine = "Resources:\n"
	conditions   = "Conditions:\n"
	topicRef     = "{Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Bucket}}"
)

func many(n int, entry string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  X%d: %s\n", i, entry)
	}
	return b.String()
}

func TestRender_templateAccepted(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][]string{
		"no format version":                {`AWSTemplateFormatVersion: "2010-09-09"` + "\n", ""},
		"format as a date":                 {`"2010-09-09"`, "2010-09-09"},
		"description of 1024":              {"Description: Acme", "Description: " + strings.Repeat("x", 1024)},
		"hooks":                            {parameters, "Hooks: {}\n" + parameters},
		"500 resources":                    {resourceLine, resourceLine + many(497, topicRef)},
		"200 outputs":                      {outputLine, outputLine + many(199, "{Value: x}")},
		"every attribute":                  {"    DependsOn: Read\n", "    DependsOn: [Read]\n    DeletionPolicy: Delete\n    UpdateReplacePolicy: Delete\n    Metadata: {Why: x}\n    Version: \"1.0\"\n"},
		"condition on a resource":          {readLine, "  Topic: {Type: AWS::SNS::Topic, Condition: HasBucket}\n" + readLine},
		"depends under the same condition": {readLine, "  A: {Type: AWS::SNS::Topic, Condition: HasBucket}\n  B: {Type: AWS::SNS::Topic, Condition: HasBucket, DependsOn: A}\n" + readLine},
		"pseudo parameters":                {outputLine, outputLine + "  X: {Value: !Sub \"${AWS::StackName} ${AWS::URLSuffix} ${AWS::StackId} ${AWS::Region} ${!AWS::Nothing} ${!aws:username}\"}\n"},
		"own variables":                    {outputLine, outputLine + "  X: {Value: !Sub [\"${A_b} ${Bucket}\", {A_b: !Ref AWS::AccountId}]}\n"},
		"attribute in text":                {outputLine, outputLine + "  X: {Value: !Sub \"${Role.Arn} ${Role}\"}\n"},
		"attribute by name":                {outputLine, outputLine + "  X: {Value: !GetAtt [Role, !Ref Bucket]}\n"},
		"rules":                            {resourceLine, "Rules:\n  R:\n    RuleCondition: !Equals [!Ref Bucket, x]\n    Assertions: [{Assert: !Contains [[a, b], !Ref Bucket]}]\n" + resourceLine},
		"conditions":                       {conditions, conditions + "  A: !And [!Condition HasBucket, {Condition: HasBucket}, !Not [!Condition HasBucket]]\n"},
		"mapping":                          {resourceLine, "Mappings: {M: {eu-west-1: {a: b}}}\n" + resourceLine, outputLine, outputLine + "  X: {Value: !FindInMap [M, !Ref AWS::Region, a]}\n"},
		"long form":                        {"!GetAtt Role.Arn}", "{\"Fn::GetAtt\": [Role, Arn]}}"},
		"skill":                            {readLine, "  Skill: {Type: Alexa::ASK::Skill}\n" + readLine},
		"quoted account":                   {"logs}", "\"012345678901\"}"},
		"custom resource of their own":     {readLine, "  Mine: {Type: Custom::Mine, Properties: {ServiceToken: !Sub \"arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:x\"}}\n" + readLine},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accepted(t, edit(t, pairs...), values())
		})
	}
}

func TestRender_templateRefused(t *testing.T) {
	t.Parallel()
	output := func(value string) []string { return []string{outputLine, outputLine + "  X: {Value: " + value + "}\n"} }
	for name, row := range map[string]struct {
		want  string
		pairs []string
	}{
		"format version":          {`only format version`, []string{"2010-09-09", "2011-09-09"}},
		"description too long":    {"1024 bytes", []string{"Description: Acme", "Description: " + strings.Repeat("é", 513)}},
		"description by function": {"must be a text", []string{"Description: Acme", "Description: !Ref Bucket"}},
		"unknown section":         {`no section "Globals"`, []string{parameters, "Globals: {}\n" + parameters}},
		"section in lower case":   {`no section "outputs"`, []string{"Outputs:\n", "outputs:\n"}},
		"section is a list":       {"Outputs: This section must be a mapping", []string{"Outputs:\n" + outputLine, "Outputs: []\n"}},
		"section by function":     {"This section must be a mapping", []string{"Outputs:\n" + outputLine, "Outputs: !Ref Bucket\n"}},
		"resource is a list":      {"This must be a mapping", []string{resourceLine, resourceLine + "  X: []\n"}},
		"properties by function":  {"Properties must be a mapping", []string{resourceLine, resourceLine + "  X: {Type: AWS::S3::Bucket, Properties: !Ref Bucket}\n"}},
		"501 resources":           {"501 entries", []string{resourceLine, resourceLine + many(498, topicRef)}},
		"201 parameters":          {"201 entries", []string{bucketLine, bucketLine + many(194, "{Type: String}")}},
		"201 outputs":             {"201 entries", []string{outputLine, outputLine + many(200, "{Value: x}")}},
		"201 mappings":            {"201 entries", []string{resourceLine, "Mappings:\n" + many(201, "{a: {b: c}}") + resourceLine}},
		"logical id":              {"letters and digits", []string{resourceLine, resourceLine + "  My-Bucket: {Type: AWS::S3::Bucket}\n"}},
		"no type":                 {"needs a Type", []string{resourceLine, resourceLine + "  X: {Properties: {}}\n"}},
		"type by function":        {"needs a Type", []string{resourceLine, resourceLine + "  X: {Type: !Ref Bucket}\n"}},
		"unknown attribute":       {`no attribute "dependsOn"`, []string{"DependsOn: Read", "dependsOn: Read"}},
		"nested stack":            {"AWS::CloudFormation::Stack is refused", []string{resourceLine, resourceLine + "  X: {Type: AWS::CloudFormation::Stack}\n"}},
		"stack set":               {"AWS::CloudFormation::StackSet is refused", []string{resourceLine, resourceLine + "  X: {Type: AWS::CloudFormation::StackSet}\n"}},
		"provisioned product":     {"is refused", []string{resourceLine, resourceLine + "  X: {Type: AWS::ServiceCatalog::CloudFormationProvisionedProduct}\n"}},
		"access key":              {"never expire", []string{resourceLine, resourceLine + "  X: {Type: AWS::IAM::AccessKey, Properties: {UserName: x}}\n"}},
		"credential of a service": {"never expire", []string{resourceLine, resourceLine + "  X: {Type: AWS::IAM::ServiceSpecificCredential, Properties: {UserName: x}}\n"}},
		"password":                {"never expire", []string{resourceLine, resourceLine + "  X: {Type: AWS::IAM::User, Properties: {LoginProfile: !If [HasBucket, {Password: x}, !Ref AWS::NoValue]}}\n"}},
		"type of a third party":   {"Acme::Access::Role is refused", []string{resourceLine, resourceLine + "  X: {Type: Acme::Access::Role}\n"}},
		"type in lower case":      {"aws::IAM::Role is refused", []string{resourceLine, resourceLine + "  X: {Type: aws::IAM::Role}\n"}},
		"connection of proton":    {"is refused", []string{resourceLine, resourceLine + "  X: {Type: AWS::Proton::EnvironmentAccountConnection}\n"}},
		"quick setup":             {"is refused", []string{resourceLine, resourceLine + "  X: {Type: AWS::SSMQuickSetup::ConfigurationManager}\n"}},
		"sync from git":           {"is refused", []string{resourceLine, resourceLine + "  X: {Type: AWS::CodeStarConnections::SyncConfiguration}\n"}},
		"project":                 {"a project runs another template", []string{resourceLine, resourceLine + "  X: {Type: AWS::SageMaker::Project}\n"}},
		"beanstalk":               {"configuration files bring in resources", []string{resourceLine, resourceLine + "  X: {Type: AWS::ElasticBeanstalk::Environment}\n"}},
		"environment":             {"a blueprint runs another template", []string{resourceLine, resourceLine + "  X: {Type: AWS::DataZone::Environment}\n"}},
		"project of a domain":     {"a blueprint runs another template", []string{resourceLine, resourceLine + "  X: {Type: AWS::DataZone::Project}\n"}},
		"wizard":                  {"runs templates of its own", []string{resourceLine, resourceLine + "  X: {Type: AWS::LaunchWizard::Deployment}\n"}},
		"module":                  {"is refused", []string{resourceLine, resourceLine + "  X: {Type: Acme::IAM::Role::MODULE}\n"}},
		"transform":               {"Macros are refused", []string{parameters, "Transform: AWS::Serverless-2016-10-31\n" + parameters}},
		"include":                 {"Macros are refused", []string{resourceLine, resourceLine + "  X: {Type: AWS::S3::Bucket, Metadata: {\"Fn::Transform\": {Name: AWS::Include}}}\n"}},
		"include by tag":          {"Macros are refused", output("!Transform {Name: AWS::Include}")},
		"for each":                {"needs the macro", []string{resourceLine, resourceLine + "  X: {Type: AWS::S3::Bucket, Metadata: {\"Fn::ForEach::Y\": []}}\n"}},
		"to json":                 {"needs the macro", output("!ToJsonString {}")},
		"unknown function":        {"no function Fn::Foo", output(`{"Fn::Foo": x}`)},
		"function beside a key":   {"must stand alone", output(`{"Fn::Sub": x, a: b}`)},
		"depends on nothing":      {`no resource "Gone"`, []string{"DependsOn: Read", "DependsOn: [Read, Gone]"}},
		"depends by function":     {"written out", []string{"DependsOn: Read", "DependsOn: !Ref Read"}},
		"depends on itself":       {"waits for itself", []string{"DependsOn: Read", "DependsOn: [Read, Callback]"}},
		"circle":                  {"waits for itself", []string{resourceLine, resourceLine + "  A: {Type: AWS::SNS::Topic, DependsOn: B}\n  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub \"${A.TopicName}\"}}\n"}},
		"depends on what may not be there": {"is there only if HasBucket holds", []string{
			"DependsOn: Read", "DependsOn: [Read, X]", readLine, "  X: {Type: AWS::SNS::Topic, Condition: HasBucket}\n" + readLine,
		}},
		"no value":                     {"needs a Value", []string{outputLine, "  RoleArn: {Description: x}\n"}},
		"null":                         {"The value is empty", []string{outputLine, outputLine + "  X: {Value: }\n"}},
		"ref to nothing":               {`no parameter or resource "Gone"`, output("!Ref Gone")},
		"ref to a mapping":             {"written out", output("{Ref: [a]}")},
		"attribute of nothing":         {`no resource "Gone"`, output("!GetAtt Gone.Arn")},
		"attribute without a resource": {"Fn::GetAtt takes", output(`{"Fn::GetAtt": {a: b}}`)},
		"sub of nothing":               {`no parameter or resource "Gone"`, output(`!Sub "${Gone}"`)},
		"sub attribute of nothing":     {`no resource "Gone"`, output(`!Sub "${Gone.Arn}"`)},
		"sub of no name":               {"is no name for Fn::Sub", output(`!Sub "${ Bucket }"`)},
		"sub nested":                   {"is no name for Fn::Sub", output(`!Sub "${Bucket${Bucket}}"`)},
		"sub of a policy variable":     {"write ${!aws:username}", output(`!Sub "${aws:username}"`)},
		"sub of three":                 {"Fn::Sub takes", output(`!Sub [a, {}, {}]`)},
		"if with two":                  {"Fn::If takes", output(`!If [HasBucket, a]`)},
		"if of nothing":                {`no condition "Gone"`, output(`!If [Gone, a, b]`)},
		"if by function":               {"written out", output(`!If [!Ref Bucket, a, b]`)},
		"find in no map":               {`no mapping "Gone"`, output(`!FindInMap [Gone, a, b]`)},
		"find in two":                  {"Fn::FindInMap takes", output(`!FindInMap [Gone, a]`)},
		"condition of nothing":         {`no condition "Gone"`, []string{conditions, conditions + "  A: !Not [!Condition Gone]\n"}},
		"condition on nothing":         {`no condition "Gone"`, []string{outputLine, "  RoleArn: {Value: x, Condition: Gone}\n"}},
		"condition by resource":        {"parameters only", []string{conditions, conditions + "  A: !Equals [!Ref Role, x]\n"}},
		"condition by attribute":       {"parameters only", []string{conditions, conditions + "  A: !Equals [!GetAtt Role.Arn, x]\n"}},
		"rule by resource":             {"parameters only", []string{resourceLine, "Rules: {R: {Assertions: [{Assert: !Equals [!Ref Role, x]}]}}\n" + resourceLine}},
		"account rule taken":           {"adds a rule of this name", []string{resourceLine, "Rules: {XroleAccount: {Assertions: []}}\n" + resourceLine}},
		"region rule taken":            {"adds a rule of this name", []string{resourceLine, "Rules: {XroleRegion: {Assertions: []}}\n" + resourceLine}},
		"undeclared parameter":         {"Declare the parameter ExternalId; xrole gives it", []string{"  ExternalId: {Type: String}\n", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, edit(t, row.pairs...), values(), row.want)
		})
	}
}

func TestRender_noResources(t *testing.T) {
	t.Parallel()
	_, found := cfn.Render("Description: x\n", values(), cfn.Pinned, nil)
	expect(t, found, "1:1 error Resources: The template has no section Resources.")
	_, found = cfn.Render("Resources: {}\n", values(), cfn.Pinned, nil)
	expect(t, found, "at least one resource", "No role", "does not call back")
}

func TestRender_tellsAllAtOnce(t *testing.T) {
	t.Parallel()
	source := edit(t,
		equalsLine, "StringLike: {sts:ExternalId: \"*\"}",
		"RoleName: !Ref Role", "RoleName: !Ref Gone",
		"DependsOn: Read", "Condition: HasBucket",
		outputLine, "  Role-Arn: {Value: !GetAtt Role.Arn}\n")
	_, found := cfn.Render(source, values(), cfn.Pinned, map[string]string{"Nope": "x"})
	expect(t, found,
		"13:1 error Resources: No role of this template",
		`24:28 error Resources.Role.Properties.AssumeRolePolicyDocument.Statement[0].Condition: sts:ExternalId must be tested by StringEquals`,
		`29:17 error Resources.Read.Properties.RoleName: There is no parameter or resource "Gone"`,
		`32:3 error Resources.Callback.DependsOn: The callback must wait for Read`,
		`34:16 error Resources.Callback.Condition: The callback must not depend on a condition`,
		`41:3 error Outputs.Role-Arn: A name here has`,
		`0:0 error parameters.Nope: The template declares no parameter "Nope"`,
	)
}

func TestRender_warnings(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		want  string
		pairs []string
	}{
		"account as a number":  {"Put it in quotes", []string{"Default: logs", "Default: 012345678901"}},
		"administrator":        {"AdministratorAccess allows everything", []string{"      AssumeRole", "      ManagedPolicyArns: [!Sub \"arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess\"]\n      AssumeRole"}},
		"administrator if":     {"AdministratorAccess allows everything", []string{"      AssumeRole", "      ManagedPolicyArns: !If [HasBucket, [], [\"arn:aws:iam::aws:policy/AdministratorAccess\"]]\n      AssumeRole"}},
		"all by policy":        {"allows * on every resource", []string{"Action: ce:Get*", "Action: \"*\""}},
		"iam by policy":        {"allows IAM:* on every resource", []string{"Action: ce:Get*", "Action: [s3:Get*, IAM:*]"}},
		"not action by policy": {"NotAction allows all other actions", []string{"Action: ce:Get*", "NotAction: ce:Get*"}},
		"all inline": {"Resources.Role.Properties.Policies[0].PolicyDocument: A statement allows sts:*", []string{
			"      AssumeRole",
			"      Policies: [{PolicyName: x, PolicyDocument: {Statement: [{Effect: Allow, Action: \"sts:*\", Resource: [a, \"*\"]}]}}]\n      AssumeRole",
		}},
		"all but a bucket":       {"allows * on every resource", []string{"Action: ce:Get*, Resource: \"*\"", "Action: \"*\", NotResource: \"arn:aws:s3:::x\""}},
		"all by arn":             {"allows * on every resource", []string{"Action: ce:Get*, Resource: \"*\"", "Action: \"*\", Resource: \"arn:*\""}},
		"all by two wildcards":   {"allows * on every resource", []string{"Action: ce:Get*, Resource: \"*\"", "Action: \"*\", Resource: [\"*?\"]"}},
		"all of iam by arn":      {"allows iam:* on every resource", []string{"Action: ce:Get*, Resource: \"*\"", "Action: iam:*, Resource: \"arn:aws:iam::*:*\""}},
		"all of iam on roles":    {"allows ia?:* on every resource", []string{"Action: ce:Get*, Resource: \"*\"", "Action: \"ia?:*\", Resource: !Sub \"arn:aws:iam::${AWS::AccountId}:role/*\""}},
		"all of iam on some":     {"allows iam:* on what may be any role", []string{"Action: ce:Get*, Resource: \"*\"", "Action: iam:*, Resource: !Sub \"arn:aws:iam::${AWS::AccountId}:role/x-*\""}},
		"escalation":             {"allows iam:Create*, iam:Put*, iam:Attach* on every", []string{"Action: ce:Get*", "Action: [\"iam:Create*\", \"iam:Put*\", ce:Get*, \"iam:Attach*\"]"}},
		"roles made":             {"allows iam:CreateRole on what may be", []string{"Action: ce:Get*", "Action: [iam:CreateRole, iam:DeleteRole]"}},
		"some roles made":        {"allows iam:CreateRole on what may be", []string{"Action: ce:Get*, Resource: \"*\"", "Action: iam:CreateRole, Resource: \"arn:aws:iam::012345678901:role/acme-*\""}},
		"roles made by a tag":    {"allows iam:Create?ole on what may be", []string{"Action: ce:Get*, Resource: \"*\"", "Action: \"iam:Create?ole\", Resource: \"arn:aws:iam::012345678901:role/${aws:PrincipalTag/x, 'AcmeAccess'}\""}},
		"roles by parameter":     {"allows iam:CreateRole on what may be", []string{"Action: ce:Get*, Resource: \"*\"", "Action: iam:CreateRole, Resource: !Ref Bucket"}},
		"keys":                   {"allows iam:CreateAccessKey on every", []string{"Action: ce:Get*", "Action: iam:CreateAccessKey"}},
		"action by parameter":    {"What the action !Ref Bucket will be", []string{"Action: ce:Get*", "Action: !Ref Bucket"}},
		"statement by parameter": {"What the statement !Ref Bucket will be", []string{"Statement: {Effect: Allow, Action: ce:Get*, Resource: \"*\"}", "Statement: [!Ref Bucket]"}},
		"policy by parameter":    {"What the document !Ref Bucket will be", []string{"PolicyDocument: {Version: \"2012-10-17\", Statement: {Effect: Allow, Action: ce:Get*, Resource: \"*\"}}", "PolicyDocument: !Ref Bucket"}},
		"all of a group": {"Resources.Group.Properties.Policies[0].PolicyDocument: A statement allows *", []string{
			readLine,
			"  Group: {Type: AWS::IAM::Group, Properties: {Policies: [{PolicyName: x, PolicyDocument: {Statement: [{Effect: Allow, Action: \"*\", Resource: \"*\"}]}}]}}\n" + readLine,
		}},
		"all managed": {"allows *:* on every resource", []string{
			readLine,
			"  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: '{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*:*\", \"Resource\": \"*\"}}'}}\n" + readLine,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, found := cfn.Render(edit(t, row.pairs...), values(), cfn.Pinned, nil)
			if r == nil {
				t.Error("refused for a warning")
			}
			expect(t, found, row.want)
		})
	}
}

// No policy of a template may write a trust policy anew after it was checked; who may do all of IAM is warned of instead.
func TestRender_rewriting(t *testing.T) {
	t.Parallel()
	const was = `Action: ce:Get*, Resource: "*"`
	for name, row := range map[string]struct {
		refused bool
		rights  string
	}{
		"the role itself":        {true, "Action: iam:UpdateAssumeRolePolicy, Resource: !GetAtt Role.Arn"},
		"the role by text":       {true, "Action: [s3:GetObject, IAM:updateassumerolepolicy], Resource: !Sub \"${Role.Arn}\""},
		"the role by name":       {true, "Action: iam:UpdateAssumeRolePolicy, Resource: !Sub \"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Role}\""},
		"every role":             {true, "Action: iam:UpdateAssume*, Resource: \"*\""},
		"every role but one":     {true, "Action: \"iam:*Role*\", NotResource: \"arn:aws:iam::012345678901:role/x\""},
		"some roles":             {true, "Action: iam:Update*, Resource: \"arn:aws:iam::*:role/x-*\""},
		"a role by parameter":    {true, "Action: iam:UpdateAssumeRolePolicy, Resource: !Ref Bucket"},
		"all of iam":             {true, "Action: iam:*, Resource: !GetAtt Role.Arn"},
		"all but a few":          {true, "NotAction: s3:*, Resource: !GetAtt Role.Arn"},
		"under a condition":      {true, "Action: !If [HasBucket, s3:GetObject, iam:UpdateAssumeRolePolicy], Resource: !GetAtt Role.Arn"},
		"by a tag of the role":   {true, "Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::012345678901:role/${aws:PrincipalTag/x, 'AcmeAccess'}\""},
		"by its generated name":  {true, "Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::012345678901:role/stack-Role-0A1B2C3D4E5F\""},
		"and all of a service":   {true, "Action: iam:*, Resource: [!GetAtt Role.Arn, \"arn:aws:s3:::*\"]"},
		"made anew":              {true, "Action: [iam:DeleteRole, iam:CreateRole], Resource: !GetAtt Role.Arn"},
		"another generated name": {false, "Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::012345678901:role/stack-Roles-0A1B2C3D4E5F\""},
		"roles made":             {false, "Action: iam:CreateRole, Resource: \"arn:aws:iam::012345678901:role/other\""},
		"a tag on a bucket":      {false, "Action: s3:GetObject, Resource: \"arn:aws:s3:::x/${aws:PrincipalTag/x}/*\""},
		"all of a service":       {false, "Action: \"*\", Resource: \"arn:aws:s3:::*\""},
		"another role":           {false, "Action: iam:UpdateAssumeRolePolicy, Resource: !Sub \"arn:aws:iam::${AWS::AccountId}:role/other\""},
		"no role":                {false, "Action: iam:*, Resource: [\"arn:aws:iam::012345678901:mfa/*\", \"arn:aws:s3:::x/*\"]"},
		"all but writing it":     {true, "NotAction: iam:UpdateAssumeRolePolicy, Resource: !GetAtt Role.Arn"},
		"in any path":            {true, "Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::012345678901:role/x*\""},
		"all of iam on a part":   {true, "Action: iam:*, Resource: \"arn:aws:iam::012345678901:role/stack-Role-*\""},
		"by an odd variable":     {true, "Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::012345678901:role/${aws:PrincipalTag/x, '}'}\""},
		"by half a variable":     {true, "Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::012345678901:role/${aws:PrincipalTag/x, 'y\""},
		"by a part in a tag":     {true, "Action: iam:*, Resource: \"arn:aws:iam::012345678901:role/stack-Role-${aws:PrincipalTag/x}\""},
		"in capitals":            {true, "Action: iam:*, Resource: \"ARN:aws:iam::012345678901:ROLE/stack-Role-0A1B2C3D4E5F\""},
		"a tag on a user":        {false, "Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::012345678901:user/${aws:username}\""},
		"passing it on":          {false, "Action: iam:PassRole, Resource: !GetAtt Role.Arn"},
		"all but it":             {false, "NotAction: [iam:*, sts:*], Resource: !GetAtt Role.Arn"},
		"all on a bucket":        {false, "Action: \"*\", Resource: \"arn:aws:s3:::x/*\""},
		"the role, other action": {false, "Action: iam:GetRole, Resource: !GetAtt Role.Arn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := edit(t, was, row.rights)
			if !row.refused {
				accepted(t, body, values())
				return
			}
			const want = "the trust policy can be written anew"
			refused(t, body, values(), want)
			anywhere := values()
			anywhere.AccountID = ""
			refused(t, body, anywhere, want)
		})
	}
	const right = "{Effect: Allow, Action: iam:UpdateAssumeRolePolicy, Resource: !GetAtt Role.Arn}"
	for _, kind := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"} {
		refused(t, edit(t, readLine, "  Opener: {Type: "+kind+", Properties: {PolicyDocument: {Statement: ["+right+"]}}}\n"+readLine), values(), "Resources.Opener.Properties.PolicyDocument: A statement allows")
	}
	for _, kind := range []string{"AWS::IAM::User", "AWS::IAM::Group"} {
		refused(t, edit(t, readLine, "  Opener: {Type: "+kind+", Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: ["+right+"]}}]}}\n"+readLine), values(), "Policies[0].PolicyDocument: A statement allows")
	}
	const inline, by = "{PolicyName: p, PolicyDocument: {Statement: [" + right + "]}}", "Resources.Role.Properties.Policies"
	for _, policies := range []string{
		"[!If [HasBucket, " + inline + ", !Ref AWS::NoValue]]", "!If [HasBucket, [" + inline + "], !Ref AWS::NoValue]", "{Fn::If: [HasBucket, [], [" + inline + "]]}",
		"[!If [HasBucket, !If [HasBucket, {PolicyName: q, PolicyDocument: {Statement: []}}, " + inline + "], !Ref AWS::NoValue]]",
		"[!If [HasBucket, {PolicyName: p, PolicyDocument: '{\"Statement\":[],\"Statement\":[]}'}, !Ref AWS::NoValue]]",
	} {
		want := by
		if strings.Contains(policies, "[],") && strings.Contains(policies, `"Statement"`) {
			want = "cannot be read"
		}
		refused(t, edit(t, assumeLine, "      Policies: "+policies+"\n"+assumeLine), values(), want)
	}
	accepted(t, edit(t, assumeLine, "      Policies: [!If [HasBucket, {PolicyName: p, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: s3:ListBucket, Resource: \"arn:aws:s3:::x\"}]}}, !Ref AWS::NoValue]]\n"+assumeLine), values())
	const mine = "Action: iam:UpdateAssumeRolePolicy, Resource: \"arn:aws:iam::012345678901:role/AcmeAccess\""
	for _, name := range []string{"!Ref Bucket", "!If [HasBucket, AcmeAccess, Other]"} {
		refused(t, edit(t, assumeLine, "      RoleName: "+name+"\n"+assumeLine, was, mine), values(), "the trust policy can be written anew")
	}
	accepted(t, edit(t, assumeLine, "      RoleName: !If [HasBucket, A, B]\n"+assumeLine, was, mine), values())
	// Whose name is written out is not taken for another.
	for _, other := range []string{"stack-Role-0A1B2C3D4E5F", "acme-app-*", "${aws:PrincipalTag/team}-*-app", "x/Name"} {
		accepted(t, edit(t, assumeLine, "      RoleName: Named\n"+assumeLine, was, "Action: [iam:UpdateAssumeRolePolicy, iam:CreateRole], Resource: \"arn:aws:iam::012345678901:role/"+other+"\""), values())
	}
	refused(t, edit(t, assumeLine, "      RoleName: !If [HasBucket, Named, !Ref AWS::NoValue]\n"+assumeLine, was, strings.Replace(mine, "AcmeAccess", "stack-Role-0A1B2C3D4E5F", 1)), values(), "the trust policy can be written anew")
	const long = "TheRoleThatAcmeUsesForItsWork"
	refused(t, edit(t, readLine, "  "+long+": {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}}}}\n"+readLine,
		was, strings.Replace(mine, "AcmeAccess", "stack-TheRoleThatAcmeUsesForIt-0A1B2C3D4E5F", 1)), values(), "the trust policy can be written anew")
	for _, narrow := range []string{"Name?", "N*"} {
		refused(t, edit(t, assumeLine, "      RoleName: Named\n"+assumeLine, was, "Action: iam:*, Resource: \"arn:aws:iam::012345678901:role/"+narrow+"\""), values(), "the trust policy can be written anew")
	}
	conditions, statements, optional, actions := "", "", "", ""
	for _, c := range "ABCDEFG" {
		conditions += "  " + string(c) + ": !Equals [!Ref Bucket, x]\n"
		statements += "!If [" + string(c) + ", " + right + ", " + right + "], "
		optional += "!If [" + string(c) + ", {Effect: Allow, Action: s3:ListBucket, Resource: \"arn:aws:s3:::x\"}, !Ref AWS::NoValue], "
		actions += "!If [" + string(c) + ", s3:ListBucket, s3:GetObject], "
	}
	seven := func(statement string) string {
		return edit(t, "Conditions:\n", "Conditions:\n"+conditions, "Statement: {Effect: Allow, Action: ce:Get*, Resource: \"*\"}", "Statement: "+statement)
	}
	accepted(t, seven("["+optional+"]"), values())
	refused(t, seven("["+statements+"]"), values(), "38:23 error Resources.Read.Properties.PolicyDocument: A statement allows")
	refused(t, seven("!If [A, ["+statements+"], !Ref AWS::NoValue]"), values(), "the trust policy can be written anew")
	refused(t, seven("{Effect: Allow, Action: ["+actions+"], Resource: !GetAtt Role.Arn}"), values(), "More than 6 conditions in one statement")
	for _, text := range []string{"{\"Statement\":[],\"Statement\":[]}", "[]", "{", strings.Repeat("[", 101) + strings.Repeat("]", 101)} {
		refused(t, edit(t, "{Version: \"2012-10-17\", Statement: {Effect: Allow, Action: ce:Get*, Resource: \"*\"}}", "'"+text+"'"), values(), "This policy cannot be read")
	}
	accepted(t, edit(t, "{Version: \"2012-10-17\", Statement: {Effect: Allow, Action: ce:Get*, Resource: \"*\"}}", "'"+readPolicy+"'"), values())
	refused(t, edit(t, assumeLine, "      RoleName: Named\n"+assumeLine, was, "Action: iam:*, Resource: \"arn:aws:iam::012345678901:role/x/named\""), values(), "the trust policy can be written anew")
}

func TestRender_tooManyFindings(t *testing.T) {
	t.Parallel()
	_, found := cfn.Render(edit(t, outputLine, outputLine+many(150, "{Value: !Ref Gone}")), values(), cfn.Pinned, nil)
	if n := len(found); n != 101 || found[100].Message != "There are 50 more findings; settle these first." || found[100].Warning {
		t.Errorf("%d findings, the last %+v", n, found[n-1])
	}
}
