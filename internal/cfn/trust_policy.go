package cfn

// TrustPolicy returns, as JSON on one line, the trust policy that the newest built-in template gives its role, for
// those who make the role another way. Of the role it reads what the sessions may carry, of the values who is trusted by
// which External IDs, and nothing else. The text is empty if any of the findings is an error.
func TrustPolicy(role Role, v Values) (string, []Finding) {
	f := &findings{}
	v.checkTrust(f)
	if f.failed() {
		return "", f.sorted()
	}
	allow := Role{AllowSessionTags: role.AllowSessionTags, AllowSourceIdentity: role.AllowSourceIdentity}
	source, err := Builtin(LatestBuiltin, allow, "")
	if err != nil {
		return "", []Finding{{Message: err.Error()}}
	}
	t, err := Parse(source)
	if err != nil {
		return "", []Finding{syntaxFinding(err)}
	}
	refs := giveValues(t, v, Pinned, "", f)
	properties := field(field(t.section("Resources"), "Role"), "Properties")
	document := newResolver(v, refs).resolve(field(properties, "AssumeRolePolicyDocument"))
	if n := documentSize(document); n > maxTrustPolicy {
		f.errorf(nil, paramTrusted, "The trust policy has %d characters without white space; IAM takes at most %d. Name fewer principals, or use wildcards in their paths and names.", n, maxTrustPolicy)
	}
	text, err := appendJSON(nil, document)
	if err != nil {
		f.errorf(nil, "", "%s", err)
	}
	if f.failed() {
		return "", f.sorted()
	}
	return string(text), f.sorted()
}
