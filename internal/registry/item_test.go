package registry_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

func fullOffer() registry.Offer {
	return registry.Offer{
		Name: "globex", OfferID: "g1", Revision: "owner:3", AccountID: "012345678901", Region: "eu-west-1",
		ExternalID: "NEW", PreviousExternalID: "OLD", ExistingRoleARN: "arn:aws:iam::012345678901:role/x",
		TopicARN: "arn:aws:sns:eu-west-1:111111111111:xrole-acme", StackName: "Acme",
		TemplateKey: "templates/012345678901/globex/abc.yaml", TemplateSHA256: "abc", TemplateVersion: "1-abc",
		Inputs: json.RawMessage(`{"name":"globex"}`), TemplateBody: "Resources: {} # ünïcode\n", InputsDigest: "def",
		Superseded: []registry.Superseded{{Key: "templates/012345678901/globex/old.yaml", At: noon}},
	}
}

func fullDelivery() registry.Delivery {
	d := proven("owner")
	d.Revision = 41
	d.Claim(claim("other"))
	d.Leave(noon.Add(time.Nanosecond))
	d.Fail("failing", noon.Add(time.Hour))
	d.Remember(registry.Answer{StackID: "owner", RequestID: "r", Status: "FAILED", Reason: "no", PhysicalResourceID: "p", TemplateVersion: "1-aaaa"})
	return d
}

func TestItems_roundTrip(t *testing.T) {
	t.Parallel()
	offer, delivery := fullOffer(), fullDelivery()
	elsewhere := delivery
	elsewhere.VerifiedAt = noon.In(time.FixedZone("elsewhere", 3600))
	for name, want := range map[string]registry.Record{
		"full":  {Offer: &offer, Delivery: &delivery},
		"empty": {Offer: &registry.Offer{Name: "globex"}, Delivery: &registry.Delivery{Name: "globex"}},
	} {
		offerItem, deliveryItem := items(t, *want.Offer, *want.Delivery)
		got, err := registry.Collect(offerItem, deliveryItem)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]registry.Record{"globex": want}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, utc := items(t, offer, delivery)
	_, zoned := items(t, offer, elsewhere)
	if diff := cmp.Diff(plain(t, utc), plain(t, zoned)); diff != "" {
		t.Errorf("the clock's zone shows: %s", diff)
	}
}

// TestItems_format holds the names that are written in tables out there; see doc.go.
func TestItems_format(t *testing.T) {
	t.Parallel()
	offer, delivery := items(t, fullOffer(), fullDelivery())
	gotOffer := plain(t, offer)
	if _, packed := gotOffer["template_body"].([]byte); !packed {
		t.Errorf("template_body is %T", gotOffer["template_body"])
	}
	delete(gotOffer, "template_body")
	want := map[string]any{
		"pk": "offer#globex", "schema": 1.0, "name": "globex", "offer_id": "g1", "revision": "owner:3",
		"account_id": "012345678901", "region": "eu-west-1", "external_id": "NEW", "previous_external_id": "OLD",
		"existing_role_arn": "arn:aws:iam::012345678901:role/x", "topic_arn": "arn:aws:sns:eu-west-1:111111111111:xrole-acme",
		"stack_name": "Acme", "template_key": "templates/012345678901/globex/abc.yaml", "template_sha256": "abc",
		"template_version": "1-abc", "inputs": `{"name":"globex"}`, "inputs_digest": "def",
		"superseded": []any{map[string]any{"key": "templates/012345678901/globex/old.yaml", "at": "2026-05-04T12:00:00Z"}},
	}
	if diff := cmp.Diff(want, gotOffer); diff != "" {
		t.Errorf("offer: %s", diff)
	}
	want = map[string]any{
		"pk": "delivery#globex", "schema": 1.0, "name": "globex", "offer_id": "g1", "revision": 41.0,
		"status": "leaving", "reason": "failing", "account_id": "222222222222",
		"role_arn": "arn:aws:iam::222222222222:role/Acme-owner", "stack_id": "owner", "logical_resource_id": "Callback",
		"region": "eu-west-1", "template_version": "1-aaaa",
		"proven_external_id_sha256": "eb66c623572f8a2a5167ce017dee0541cc8e901b0f334beaf2665bde9a0ed711",
		"delivered_at":              "2026-05-04T12:00:00Z", "verified_at": "2026-05-04T12:00:00Z",
		"leaving_at": "2026-05-04T12:00:00.000000001Z", "failing_since": "2026-05-04T13:00:00Z",
		"requested_at": "2026-05-04T12:00:00.000000001Z",
		"claims": []any{map[string]any{
			"stack_id": "other", "logical_resource_id": "Callback", "role_arn": "arn:aws:iam::222222222222:role/Acme-other",
			"account_id": "222222222222", "region": "eu-west-1", "template_version": "1-aaaa", "reason": "not provable yet",
			"at": "2026-05-04T12:00:00Z",
		}},
		"answers": []any{map[string]any{
			"stack_id": "owner", "request_id": "r", "status": "FAILED", "reason": "no", "physical_resource_id": "p",
			"template_version": "1-aaaa",
		}},
	}
	if diff := cmp.Diff(want, plain(t, delivery)); diff != "" {
		t.Errorf("delivery: %s", diff)
	}
}

func TestCollect_unusual(t *testing.T) {
	t.Parallel()
	offer, delivery := items(t, fullOffer(), fullDelivery())
	str := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	with := func(it map[string]types.AttributeValue, name string, v types.AttributeValue) map[string]types.AttributeValue {
		out := maps.Clone(it)
		out[name] = v
		return out
	}
	found, err := registry.Collect(
		with(offer, "of_the_future", str("x")),
		with(delivery, "of_the_future", &types.AttributeValueMemberBOOL{Value: true}),
		map[string]types.AttributeValue{"pk": str("external-id#NEW"), "onboarding": str("globex")},
		map[string]types.AttributeValue{"pk": str("something#else")},
	)
	if err != nil || len(found) != 1 || found["globex"].Offer == nil || found["globex"].Delivery == nil {
		t.Errorf("unknown attributes and items: %v, %v", found, err)
	}
	_, err = registry.Collect(with(offer, "schema", &types.AttributeValueMemberN{Value: "2"}))
	var newer *registry.SchemaError
	if !errors.As(err, &newer) || newer.Schema != 2 || newer.Key != "offer#globex" {
		t.Errorf("newer format: %v", err)
	}
	for name, body := range map[string][]byte{
		"not gzip": []byte("plain"),
		"cut":      packed(t, "Resources: {}")[:20],
		"bomb":     packed(t, strings.Repeat("x", 5<<20)),
	} {
		if _, err := registry.Collect(with(offer, "template_body", &types.AttributeValueMemberB{Value: body})); err == nil {
			t.Errorf("template %s: accepted", name)
		}
	}
	if _, err := registry.Collect(with(delivery, "verified_at", str("yesterday"))); err == nil {
		t.Error("a time that is none was accepted")
	}
}

func TestItems_size(t *testing.T) {
	t.Parallel()
	offer := fullOffer()
	it, _ := items(t, offer, fullDelivery())
	room := registry.MaxItemSize - registry.SizeOf(it)
	offer.Inputs = json.RawMessage(string(offer.Inputs) + strings.Repeat(" ", room))
	if it, err := registry.OfferItem(offer); err != nil || registry.SizeOf(it) != registry.MaxItemSize {
		t.Errorf("at the limit: %v", err)
	}
	offer.Inputs = append(offer.Inputs, ' ')
	if _, err := registry.OfferItem(offer); !errors.As(err, new(*registry.TooLargeError)) {
		t.Errorf("a byte over the limit: %v", err)
	}

	// A template of CloudFormation's largest size fits when it compresses as templates do, and not when it does not.
	offer = fullOffer()
	offer.TemplateBody = strings.Repeat("      - Effect: Allow # as usual\n", 1<<20/33)
	if _, err := registry.OfferItem(offer); err != nil {
		t.Errorf("large template: %v", err)
	}
	noise := make([]byte, 700_000)
	for i := range noise {
		noise[i] = byte(' ' + rand.IntN(90))
	}
	offer.TemplateBody = string(noise)
	_, err := registry.OfferItem(offer)
	var large *registry.TooLargeError
	if !errors.As(err, &large) || large.Template != len(noise) || large.Packed <= registry.MaxItemSize || large.Size <= large.Packed {
		t.Errorf("template that does not fit: %v", err)
	}
	d := fullDelivery()
	d.Reason = string(noise)
	if _, err := registry.DeliveryItem(d); !errors.As(err, &large) {
		t.Errorf("delivery that does not fit: %v", err)
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a": true, "Globex-1.eu_x": true, strings.Repeat("x", 64): true,
		"": false, "-a": false, ".a": false, "a b": false, "a#b": false, "a/b": false, "ä": false, "a\n": false, strings.Repeat("x", 65): false,
	} {
		if got := registry.ValidName(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

func items(t *testing.T, o registry.Offer, d registry.Delivery) (offer, delivery map[string]types.AttributeValue) {
	t.Helper()
	offer, err := registry.OfferItem(o)
	if err != nil {
		t.Fatal(err)
	}
	delivery, err = registry.DeliveryItem(d)
	if err != nil {
		t.Fatal(err)
	}
	return offer, delivery
}

func plain(t *testing.T, it map[string]types.AttributeValue) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := attributevalue.UnmarshalMap(it, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func packed(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
