package onboarding_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
	"github.com/xrole/terraform-provider-xrole/internal/onboarding"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
)

// crowd makes onboardings, and returns their names and the keys of their templates.
func (w *world) crowd(t *testing.T, n int) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for i := range n {
		on, err := w.service(t).Create(t.Context(), w.inputs(fmt.Sprintf("customer-%02d", i)))
		if err != nil {
			t.Fatal(err)
		}
		keys[on.Record.Offer.Name] = on.Publication.Key
	}
	return keys
}

// asked counts what the partner's account asked for while do ran.
func (w *world) asked(do func()) map[string]int {
	before := len(w.lab.Requests(lab.Filter{AccountID: w.partner.ID}))
	do()
	count := map[string]int{}
	for _, r := range w.lab.Requests(lab.Filter{AccountID: w.partner.ID})[before:] {
		count[r.Operation]++
	}
	return count
}

// Thousands cost what their pages cost, however many ask at once; one alone is read by itself.
func TestReader_requests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := w.crowd(t, 12)
	reader := w.service(t).Reader
	read := func(names ...string) {
		var all errgroup.Group
		for _, name := range names {
			all.Go(func() error {
				found, err := reader.Read(t.Context(), name, keys[name])
				if err == nil && (found.TemplateSHA256 == "" || found.Record.Offer == nil) {
					t.Errorf("%s is read as %+v", name, found)
				}
				return err
			})
			all.Go(func() error { _, err := reader.Record(t.Context(), name); return err })
		}
		if err := all.Wait(); err != nil {
			t.Error(err)
		}
	}
	names := slices.Sorted(maps.Keys(keys))
	if diff := cmp.Diff(map[string]int{"BatchGetItem": 2, "HeadObject": 1}, w.asked(func() { read(names[0]) })); diff != "" {
		t.Errorf("one alone: %s", diff)
	}
	if diff := cmp.Diff(map[string]int{"Scan": 1, "ListObjectsV2": 1}, w.asked(func() { read(names[1:]...) })); diff != "" {
		t.Errorf("all others at once: %s", diff)
	}
	if diff := cmp.Diff(map[string]int{}, w.asked(func() { read(names[1:]...) })); diff != "" {
		t.Errorf("again: %s", diff)
	}
	w.clock = w.clock.Add(6 * time.Minute)
	if diff := cmp.Diff(map[string]int{"Scan": 1, "ListObjectsV2": 1}, w.asked(func() { read(names[1:]...) })); diff != "" {
		t.Errorf("six minutes later: %s", diff)
	}
}

// Whatever somebody did behind our back, what is read in pages is what is read one by one.
func TestReader_exact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := w.crowd(t, 8)
	bucket, table := s3.NewFromConfig(w.partner.Config(w.hub.Region)), dynamodb.NewFromConfig(w.partner.Config(w.hub.Region))
	key := func(n int) *string { return aws.String(keys[fmt.Sprintf("customer-%02d", n)]) }
	put := func(n int, body string, change func(*s3.PutObjectInput)) {
		t.Helper()
		in := &s3.PutObjectInput{Bucket: &w.hub.Bucket, Key: key(n), Body: strings.NewReader(body), ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256}
		change(in)
		if _, err := bucket.PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	put(1, "other bytes", func(*s3.PutObjectInput) {})
	if _, err := bucket.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &w.hub.Bucket, Key: key(2)}); err != nil {
		t.Fatal(err)
	}
	if _, err := table.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &w.hub.Table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "offer#customer-03"}},
	}); err != nil {
		t.Fatal(err)
	}
	store := w.service(t).Registry
	rec, err := store.Get(t.Context(), "customer-04")
	if err != nil {
		t.Fatal(err)
	}
	d := rec.Draft()
	d.Claim(registry.Claim{StackID: "s", LogicalResourceID: "l", RoleARN: "r", At: w.clock})
	if err := store.PutDelivery(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	stolen := *rec.Offer
	stolen.Name, stolen.ExternalID, stolen.Revision = "customer-05", "SOMEBODY-ELSES", "other:1"
	if five, err := store.Get(t.Context(), "customer-05"); err != nil || store.UpdateOffer(t.Context(), stolen, five.Offer.Revision) != nil {
		t.Fatal("the offer could not be changed")
	}
	rec6, err := store.Get(t.Context(), "customer-06")
	if err != nil {
		t.Fatal(err)
	}
	six := *rec6.Offer
	six.TemplateETag = "" // as one that was written by hand
	if err := store.UpdateOffer(t.Context(), six, six.Revision); err != nil {
		t.Fatal(err)
	}
	body, err := bucket.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &w.hub.Bucket, Key: key(7)})
	if err != nil {
		t.Fatal(err)
	}
	same, err := io.ReadAll(body.Body)
	if err != nil {
		t.Fatal(err)
	}
	put(7, string(same), func(in *s3.PutObjectInput) { in.ServerSideEncryption = s3types.ServerSideEncryptionAwsKms })
	pages := w.service(t).Reader
	if _, err := pages.Record(t.Context(), "customer-00"); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(slices.Sorted(maps.Keys(keys)), "nobody") {
		got, err := pages.Read(t.Context(), name, keys[name])
		if err != nil {
			t.Fatal(err)
		}
		want, err := w.service(t).Reader.Read(t.Context(), name, keys[name])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What this process has written is never shown as it was before.
func TestReader_ownWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := w.crowd(t, 3)
	s := w.service(t)
	for name := range keys {
		if _, err := s.Reader.Read(t.Context(), name, keys[name]); err != nil {
			t.Fatal(err)
		}
	}
	name := "customer-02"
	rec, err := s.Registry.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	in := w.inputs(name)
	in.Role.Name = "Other"
	digest := rec.Offer.InputsDigest
	on, err := s.Update(t.Context(), in, onboarding.Identity{ExternalID: rec.Offer.ExternalID, Rotation: "first"}, keys[name], onboarding.Ownership{
		Owner: strings.Split(rec.Offer.Revision, ":")[0], Revision: rec.Offer.Revision, Digest: digest, OfferID: rec.Offer.OfferID,
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.Reader.Read(t.Context(), name, on.Publication.Key)
	if err != nil || found.Record.Offer.Revision != on.Ownership.Revision || found.TemplateSHA256 != on.Publication.SHA256 {
		t.Errorf("read as %+v, %v", found, err)
	}
	if all, err := s.Reader.Records(t.Context()); err != nil || all[name].Offer.Revision != on.Ownership.Revision {
		t.Errorf("listed as %+v, %v", all[name].Offer, err)
	}
}

// Whoever may not list reads one by one, and is not refused again and again.
func TestReader_mayNotList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := w.crowd(t, 4)
	few := w.partner.Principal(t, "few", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"dynamodb:BatchGetItem","Resource":%q},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}`, w.hub.TableARN(), w.hub.Bucket))
	cfg, err := awsapi.Load(t.Context(), awsapi.Options{Region: w.hub.Region, Profile: few.Profile})
	if err != nil {
		t.Fatal(err)
	}
	clients := awsclients.New(cfg, nil)
	reader := onboarding.NewReader(registry.NewStore(clients.DynamoDB(w.hub.Region), w.hub.TableARN()), bucket.NewObjects(clients.S3(w.hub.Region), w.hub.Bucket, w.hub.AccountID), func() time.Time { return w.clock })
	got := w.asked(func() {
		for name, key := range keys {
			if found, err := reader.Read(t.Context(), name, key); err != nil || found.TemplateSHA256 == "" {
				t.Errorf("%s: %+v, %v", name, found, err)
			}
		}
	})
	if diff := cmp.Diff(map[string]int{"BatchGetItem": 4, "HeadObject": 4, "Scan": 1, "ListObjectsV2": 1}, got); diff != "" {
		t.Error(diff)
	}
}

// A page that cannot be read is not tried again by each of thousands, one after the other; a while later it is.
func TestReader_failsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := w.crowd(t, 5)
	reader := w.service(t).Reader
	if _, err := reader.Record(t.Context(), "customer-00"); err != nil {
		t.Fatal(err)
	}
	disarm := w.lab.Inject(lab.Fault{AccountID: w.partner.ID, Operation: "Scan", Kind: lab.Status{Code: 400, ErrorCode: "ValidationException"}})
	got := w.asked(func() {
		for _, name := range []string{"customer-01", "customer-02", "customer-03", "customer-04"} {
			if _, err := reader.Read(t.Context(), name, keys[name]); err == nil {
				t.Errorf("%s was read", name)
			}
		}
	})
	disarm()
	if diff := cmp.Diff(map[string]int{"Scan": 1}, got); diff != "" {
		t.Error(diff)
	}
	w.clock = w.clock.Add(time.Minute)
	if found, err := reader.Read(t.Context(), "customer-01", keys["customer-01"]); err != nil || found.Record.Offer == nil {
		t.Errorf("a minute later: %+v, %v", found, err)
	}
}

// That one who asks gives up is nobody else's failure.
func TestReader_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := w.crowd(t, 3)
	reader := w.service(t).Reader
	if _, err := reader.Record(t.Context(), "customer-00"); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := reader.Read(ended, "customer-01", keys["customer-01"]); err == nil {
		t.Error("no error")
	}
	if found, err := reader.Read(t.Context(), "customer-01", keys["customer-01"]); err != nil || found.Record.Offer == nil {
		t.Errorf("%+v, %v", found, err)
	}
}
