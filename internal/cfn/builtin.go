package cfn

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// LatestBuiltin is the newest version of the built-in template. Older ones stay renderable for ever, to the same bytes,
// since onboardings keep the version that they were made with.
const LatestBuiltin = 1

//go:embed templates
var templates embed.FS

// Builtin returns the source of the built-in template with the role's settings written in and its comments kept; it
// goes through Render like a template of the partner's own. A custom resource can never change its topic, so the
// callback's logical id holds a short hash of topicARN. The error is about an unknown version or an inline policy that
// is not JSON; everything else that IAM would refuse is told by CheckRole.
func Builtin(version int, role Role, topicARN string) (string, error) {
	raw, err := templates.ReadFile(fmt.Sprintf("templates/role.v%d.yaml", version))
	if err != nil {
		return "", fmt.Errorf("there is no version %d of the built-in template; the latest is %d", version, LatestBuiltin)
	}
	t, err := Parse(string(raw))
	if err != nil {
		return "", fmt.Errorf("reading version %d of the built-in template: %w", version, err)
	}
	resources := t.section("Resources")
	callback, _ := entry(resources, "Callback")
	callback.Value = "Callback" + shortHash(topicARN, 8)
	if err := writeRole(field(field(resources, "Role"), "Properties"), role); err != nil {
		return "", err
	}
	body, err := t.encode()
	return string(body), err
}

func shortHash(s string, digits int) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:digits]
}

func writeRole(properties *yaml.Node, role Role) error {
	policies, err := inlinePolicies(role.InlinePolicies)
	if err != nil {
		return err
	}
	writeOrRemove(properties, "RoleName", quoted(role.Name), role.Name != "")
	writeOrRemove(properties, "Path", quoted(role.Path), role.Path != "")
	if role.Description != "" {
		setField(properties, "Description", quoted(role.Description))
	}
	duration := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(role.MaxSessionDuration)}
	writeOrRemove(properties, "MaxSessionDuration", duration, role.MaxSessionDuration != 0)
	writeOrRemove(properties, "PermissionsBoundary", quoted(role.PermissionsBoundaryARN), role.PermissionsBoundaryARN != "")
	managed := slices.Compact(slices.Sorted(slices.Values(role.ManagedPolicyARNs)))
	writeOrRemove(properties, "ManagedPolicyArns", quotedList(managed), len(managed) > 0)
	writeOrRemove(properties, "Policies", policies, len(policies.Content) > 0)
	writeOrRemove(properties, "Tags", tagList(role.Tags), len(role.Tags) > 0)
	statements := field(field(properties, "AssumeRolePolicyDocument"), "Statement")
	statements.Content = slices.DeleteFunc(statements.Content, func(s *yaml.Node) bool {
		sid := textField(s, "Sid")
		return sid == "PartnerSessionTags" && !role.AllowSessionTags || sid == "PartnerSourceIdentity" && !role.AllowSourceIdentity
	})
	return nil
}

func writeOrRemove(n *yaml.Node, key string, value *yaml.Node, write bool) {
	if write {
		setField(n, key, value)
		return
	}
	removeField(n, key)
}

func tagList(tags map[string]string) *yaml.Node {
	list := sequence()
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list.Content = append(list.Content, mapping(plain("Key"), quoted(key), plain("Value"), quoted(tags[key])))
	}
	return list
}

func inlinePolicies(policies map[string]string) (*yaml.Node, error) {
	list := sequence()
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		doc, err := parseJSON(policies[name])
		if err != nil {
			return nil, fmt.Errorf("reading the inline policy %q: %w", name, err)
		}
		document := policyNode(doc.Content[0])
		list.Content = append(list.Content, mapping(plain("PolicyName"), quoted(name), plain("PolicyDocument"), document))
	}
	return list, nil
}

// elementOrder is the order in which people write the elements of a policy; whatever else comes after, sorted. Two
// policies that differ only in the order of keys become the same bytes.
var elementOrder = []string{
	"Version", "Id", "Statement",
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

// safeWordPattern is what every reader of YAML takes as a string without quotes: actions, condition keys and operators.
var safeWordPattern = regexp.MustCompile(`^([A-Z][A-Za-z]{4,}|[A-Za-z][A-Za-z0-9-]*:[A-Za-z][A-Za-z0-9/_.*-]*)$`)

func policyNode(n *yaml.Node) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		out := mapping()
		fields := map[string]*yaml.Node{}
		for key, value := range pairs(n) {
			fields[key.Value] = value
		}
		for _, key := range elementOrder {
			if value, ok := fields[key]; ok {
				out.Content = append(out.Content, plain(key), policyNode(value))
				delete(fields, key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			out.Content = append(out.Content, word(key), policyNode(fields[key]))
		}
		return out
	case yaml.SequenceNode:
		out := sequence()
		for _, item := range n.Content {
			out.Content = append(out.Content, policyNode(item))
		}
		return out
	default:
		if n.ShortTag() == "!!str" {
			return word(n.Value)
		}
		return &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value}
	}
}

func word(s string) *yaml.Node {
	if safeWordPattern.MatchString(s) {
		return plain(s)
	}
	return quoted(s)
}
