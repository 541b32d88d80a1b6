package compat_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// attribute is a DynamoDB value, as {"S": "text"} and so on, and item a whole one: AWS's own notation.
type (
	attribute map[string]any
	item      map[string]attribute
)

// notation puts a value as {"S": "text"} and so on.
func notation(t *testing.T, value types.AttributeValue) attribute {
	t.Helper()
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return attribute{"S": v.Value}
	case *types.AttributeValueMemberN:
		return attribute{"N": v.Value}
	case *types.AttributeValueMemberB:
		return attribute{"B": v.Value}
	case *types.AttributeValueMemberL:
		list := []attribute{}
		for _, e := range v.Value {
			list = append(list, notation(t, e))
		}
		return attribute{"L": list}
	case *types.AttributeValueMemberM:
		m := item{}
		for name, e := range v.Value {
			m[name] = notation(t, e)
		}
		return attribute{"M": m}
	default:
		t.Fatalf("xrole writes no %T", value)
		return nil
	}
}

// value reads what notation wrote.
func value(t *testing.T, text json.RawMessage) types.AttributeValue {
	t.Helper()
	var a struct {
		S, N *string
		B    []byte
		L    []json.RawMessage
		M    map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	switch {
	case a.S != nil:
		return &types.AttributeValueMemberS{Value: *a.S}
	case a.N != nil:
		return &types.AttributeValueMemberN{Value: *a.N}
	case a.B != nil:
		return &types.AttributeValueMemberB{Value: a.B}
	case a.M != nil:
		return &types.AttributeValueMemberM{Value: values(t, a.M)}
	default:
		l := []types.AttributeValue{}
		for _, e := range a.L {
			l = append(l, value(t, e))
		}
		return &types.AttributeValueMemberL{Value: l}
	}
}

func values(t *testing.T, plain map[string]json.RawMessage) map[string]types.AttributeValue {
	t.Helper()
	m := map[string]types.AttributeValue{}
	for name, text := range plain {
		m[name] = value(t, text)
	}
	return m
}

// flat is a value as JSON, in which what was recorded and what was read are the same.
func flat(t *testing.T, a attribute) string {
	t.Helper()
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func kinds(a attribute) []string { return slices.Sorted(maps.Keys(a)) }

func text(a attribute) string {
	s, _ := a["S"].(string)
	return s
}

// properties are the names of what a template gives to its callback.
func properties(t *testing.T, request string) []string {
	t.Helper()
	var sent struct{ ResourceProperties map[string]any }
	if err := json.Unmarshal([]byte(request), &sent); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(sent.ResourceProperties))
}
