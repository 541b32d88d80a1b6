package hub

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var accountRoot = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):root$`)

// SamePolicy reports whether two resource policies mean the same, however AWS has rewritten one of them: the order of
// statements and values, one value or a list of one, a bare account id or the ARN of its root, the case of actions and
// condition keys, and statement ids make no difference. An account that was deleted shows as an opaque id and is a
// difference, and what is not a policy is none's like. It is not cfn.SamePolicy, which is for what a user wrote and so has
// to see a changed statement id or version, and knows no principals.
func SamePolicy(a, b string) bool {
	first, errA := meaning(a)
	second, errB := meaning(b)
	return errA == nil && errB == nil && first == second
}

// meaning returns a form in which policies of one meaning are equal.
func meaning(policy string) (string, error) {
	var doc struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		return "", err
	}
	if doc.Version == "" {
		doc.Version = "2008-10-17"
	}
	statements, err := oneOrMany[map[string]json.RawMessage](doc.Statement)
	if err != nil {
		return "", fmt.Errorf("statements: %w", err)
	}
	forms := make([]string, 0, len(statements))
	for _, s := range statements {
		form, err := statementMeaning(s)
		if err != nil {
			return "", err
		}
		forms = append(forms, form)
	}
	slices.Sort(forms)
	return doc.Version + "\n" + strings.Join(slices.Compact(forms), "\n"), nil
}

func statementMeaning(s map[string]json.RawMessage) (string, error) {
	out := map[string]any{}
	for element, raw := range s {
		var err error
		switch element {
		case "Sid":
			continue
		case "Principal", "NotPrincipal":
			out[element], err = principals(raw)
		case "Action", "NotAction":
			out[element], err = values(raw, strings.ToLower)
		case "Resource", "NotResource":
			out[element], err = values(raw, nil)
		case "Condition":
			out[element], err = conditions(raw)
		default:
			out[element] = raw
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", element, err)
		}
	}
	form, err := json.Marshal(out)
	return string(form), err
}

func principals(raw json.RawMessage) (map[string][]string, error) {
	var everybody string
	if json.Unmarshal(raw, &everybody) == nil {
		return map[string][]string{"AWS": {everybody}}, nil
	}
	var byKind map[string]json.RawMessage
	if err := json.Unmarshal(raw, &byKind); err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for kind, of := range byKind {
		list, err := values(of, func(p string) string { return accountRoot.ReplaceAllString(p, "$1") })
		if err != nil {
			return nil, err
		}
		out[kind] = list
	}
	return out, nil
}

func conditions(raw json.RawMessage) (map[string]map[string][]string, error) {
	var byOperator map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &byOperator); err != nil {
		return nil, err
	}
	out := map[string]map[string][]string{}
	for operator, keys := range byOperator {
		out[operator] = map[string][]string{}
		for key, of := range keys {
			list, err := values(of, nil)
			if err != nil {
				return nil, err
			}
			out[operator][strings.ToLower(key)] = list
		}
	}
	return out, nil
}

// values returns the sorted set of one value or many, each through change if there is one. Numbers and booleans are
// taken as their text, as IAM does.
func values(raw json.RawMessage, change func(string) string) ([]string, error) {
	list, err := oneOrMany[any](raw)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(list))
	for _, v := range list {
		text := fmt.Sprint(v)
		if change != nil {
			text = change(text)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func oneOrMany[T any](raw json.RawMessage) ([]T, error) {
	var many []T
	if json.Unmarshal(raw, &many) == nil {
		return many, nil
	}
	var one T
	if err := json.Unmarshal(raw, &one); err != nil {
		return nil, err
	}
	return []T{one}, nil
}
