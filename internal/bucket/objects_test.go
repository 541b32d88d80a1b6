package bucket_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/awsclients"
	"github.com/xrole/terraform-provider-xrole/internal/bucket"
	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

const (
	region = "eu-west-1"
	key    = "templates/222222222222/globex/x.yaml"
)

var body = []byte("Resources: {}\n")

// store is one account of the lab with a bucket of templates in it.
type store struct {
	*bucket.Objects
	lab     *lab.Lab
	account *lab.Account
	client  *s3.Client
	bucket  string
}

func newStore(t *testing.T) *store {
	t.Helper()
	l := lab.Shared(t)
	s := &store{lab: l, account: l.NewAccount(t)}
	s.bucket = "xrole-acme-" + s.account.ID
	cfg, err := awsapi.Load(t.Context(), awsapi.Options{Region: region, Profile: s.account.Profile})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Retryer = func() aws.Retryer { // as shipped, without the waiting
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = awsapi.DefaultMaxRetries
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
		})
	}
	s.client = awsclients.New(cfg, nil).S3(region)
	_, err = s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    &s.bucket,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Objects = bucket.NewObjects(s.client, s.bucket, s.account.ID)
	return s
}

func (s *store) operations(do func()) []string {
	before := len(s.lab.Requests(lab.Filter{AccountID: s.account.ID}))
	do()
	var operations []string
	for _, r := range s.lab.Requests(lab.Filter{AccountID: s.account.ID})[before:] {
		operations = append(operations, r.Operation)
	}
	return operations
}

// overwrite is what somebody with access to the bucket might do.
func (s *store) overwrite(t *testing.T, change func(*s3.PutObjectInput)) {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: aws.String(key), Body: bytes.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmSha256}
	change(in)
	if _, err := s.client.PutObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func (s *store) head(t *testing.T) bucket.Object {
	t.Helper()
	object, err := s.Head(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestObjects_life(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	ctx := t.Context()
	for _, step := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"put", func() error { return s.Put(ctx, key, body) }, []string{"PutObject"}},
		{"put again", func() error { return s.Put(ctx, key, body) }, []string{"PutObject", "HeadObject"}},
		{"head", func() error { _, err := s.Head(ctx, key); return err }, []string{"HeadObject"}},
		{"delete", func() error { return s.Delete(ctx, key, "templates/none.yaml") }, []string{"DeleteObjects"}},
		{"delete again", func() error { return s.Delete(ctx, key) }, []string{"DeleteObjects"}},
		{"delete nothing", func() error { return s.Delete(ctx) }, nil},
		{"put after delete", func() error { return s.Put(ctx, key, body) }, []string{"PutObject"}},
	} {
		operations := s.operations(func() {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		})
		if diff := cmp.Diff(step.want, operations); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	if object := s.head(t); !object.Intact(hexSum(body)) || object.Intact(hexSum(nil)) || object.ETag == "" {
		t.Errorf("stored: %+v", object)
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	_, err = got.ReadFrom(out.Body)
	if err := errors.Join(err, out.Body.Close()); err != nil || got.String() != string(body) || aws.ToString(out.ContentType) != "text/plain; charset=utf-8" {
		t.Errorf("read back: %q, %q, %v", got.String(), aws.ToString(out.ContentType), err)
	}
}

// TestTemplates_tampered is the attack on a published link: its object is replaced by whoever may write to the bucket.
func TestObjects_tampered(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*s3.PutObjectInput){
		"other bytes":           func(in *s3.PutObjectInput) { in.Body = bytes.NewReader([]byte("evil")) },
		"other checksum":        func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32 },
		"unreadable encryption": func(in *s3.PutObjectInput) { in.ServerSideEncryption = types.ServerSideEncryptionAwsKms },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			s.overwrite(t, change)
			before := s.head(t)
			if before.Intact(hexSum(body)) {
				t.Errorf("passes for intact: %+v", before)
			}
			if err := s.Put(t.Context(), key, body); !errors.Is(err, bucket.ErrTampered) {
				t.Errorf("put: %v", err)
			}
			if err := s.Replace(t.Context(), key, body, `"00000000000000000000000000000000"`); !errors.Is(err, bucket.ErrTampered) {
				t.Errorf("replace of another object: %v", err)
			}
			if diff := cmp.Diff(before, s.head(t)); diff != "" {
				t.Errorf("a refused write changed it: %s", diff)
			}
			if err := s.Replace(t.Context(), key, body, before.ETag); err != nil {
				t.Errorf("replace: %v", err)
			}
			if after := s.head(t); !after.Intact(hexSum(body)) {
				t.Errorf("after the repair: %+v", after)
			}
		})
	}
}

type answer func(*http.Request) (*http.Response, error)

func (a answer) Do(r *http.Request) (*http.Response, error) { return a(r) }

// TestTemplates_deleteInPart: S3 answers 200 and names the keys that it did not delete.
func TestObjects_deleteInPart(t *testing.T) {
	t.Parallel()
	const inPart = `<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Error><Key>` + key +
		`</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>`
	cfg := lab.Shared(t).NewAccount(t).Config(region)
	cfg.HTTPClient = answer(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(inPart)), Request: r}, nil
	})
	err := bucket.NewObjects(s3.NewFromConfig(cfg), "bucket", "111111111111").Delete(t.Context(), key, "templates/any/x.yaml")
	if !awsapi.IsAccessDenied(err) || !strings.Contains(err.Error(), key) {
		t.Errorf("got %v", err)
	}
}

// TestTemplates_bucketWithKey is the trap of a bucket that encrypts with the partner's own key, which no customer may use.
func TestObjects_bucketWithKey(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	_, err := s.client.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{
		Bucket: &s.bucket,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), key, body); err != nil {
		t.Fatal(err)
	}
	if object := s.head(t); !object.Intact(hexSum(body)) {
		t.Errorf("stored: %+v", object)
	}
}

func TestObjects_missing(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if _, err := s.Head(t.Context(), key); !awsapi.IsNotFound(err) {
		t.Errorf("head: %v", err)
	}
	if err := s.Replace(t.Context(), key, body, `"00000000000000000000000000000000"`); !awsapi.IsNotFound(err) {
		t.Errorf("replace: %v", err)
	}
	gone := bucket.NewObjects(s.client, s.bucket+"-gone", s.account.ID)
	if err := gone.Put(t.Context(), key, body); awsapi.Code(err) != "NoSuchBucket" {
		t.Errorf("put without a bucket: %v", err)
	}
}

// TestTemplates_foreignBucket is the attack of the bucket that somebody else made under our name.
func TestObjects_foreignBucket(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if err := s.Put(t.Context(), key, body); err != nil {
		t.Fatal(err)
	}
	foreign := bucket.NewObjects(s.client, s.bucket, "999999999999")
	_, head := foreign.Head(t.Context(), key)
	for name, err := range map[string]error{
		"put": foreign.Put(t.Context(), "templates/new.yaml", body), "replace": foreign.Replace(t.Context(), key, body, s.head(t).ETag),
		"head": head, "delete": foreign.Delete(t.Context(), key),
	} {
		if !awsapi.IsAccessDenied(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.head(t)
}

func TestObjects_faults(t *testing.T) {
	t.Parallel()
	put := func(ctx context.Context, s *store) error { return s.Put(ctx, "templates/new.yaml", body) }
	replace := func(ctx context.Context, s *store) error {
		object, err := s.Head(ctx, key)
		return errors.Join(err, s.Replace(ctx, key, append(body, '#'), object.ETag))
	}
	remove := func(ctx context.Context, s *store) error { return s.Delete(ctx, key) }
	lost, cut, throttled := lab.Fault{Kind: lab.ResetAfter, Times: 1}, lab.Fault{Kind: lab.ResetBefore, Times: 1}, lab.Fault{Kind: lab.Throttle, Times: 3}
	conflict := lab.Fault{Kind: lab.Status{Code: 409, ErrorCode: "ConditionalRequestConflict"}, Times: 1}
	const p, h, d = "PutObject", "HeadObject", "DeleteObjects"
	for name, row := range map[string]struct {
		do    func(context.Context, *store) error
		fault lab.Fault
		want  []string
	}{
		"put, lost answer":          {put, lost, []string{p, p, h}},
		"put, cut before":           {put, cut, []string{p, p}},
		"put, throttled thrice":     {put, throttled, []string{p, p, p, p}},
		"put, in conflict":          {put, conflict, []string{p, p}},
		"replace, lost answer":      {replace, lost, []string{h, p, p, h}},
		"replace, throttled thrice": {replace, throttled, []string{h, p, p, p, p}},
		"replace, in conflict":      {replace, conflict, []string{h, p, p}},
		"delete, lost answer":       {remove, lost, []string{d, d}},
		"delete, throttled thrice":  {remove, throttled, []string{d, d, d, d}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			if err := s.Put(t.Context(), key, body); err != nil {
				t.Fatal(err)
			}
			row.fault.AccountID, row.fault.Operation = s.account.ID, p
			if row.want[0] == d {
				row.fault.Operation = d
			}
			t.Cleanup(s.lab.Inject(row.fault))
			operations := s.operations(func() {
				if err := row.do(t.Context(), s); err != nil {
					t.Error(err)
				}
			})
			if diff := cmp.Diff(row.want, operations); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestObjects_race(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	results := make(chan error)
	for i := range 6 {
		go func() { results <- s.Put(t.Context(), key, []byte(fmt.Sprint("body ", i%2))) }()
	}
	tampered := 0
	for range 6 {
		switch err := <-results; {
		case errors.Is(err, bucket.ErrTampered):
			tampered++
		case err != nil:
			t.Error(err)
		}
	}
	if tampered != 3 {
		t.Errorf("%d writers were told that another's bytes are there", tampered)
	}
}
