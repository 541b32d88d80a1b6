package bucket

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // see ETag
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
)

// ErrTampered says that the object at a key does not hold the bytes that were written there.
var ErrTampered = errors.New("the object in the bucket is not what was written there")

// contentType makes a browser show the template to a customer's security team instead of saving it, whatever is in it.
const contentType = "text/plain; charset=utf-8"

// maxDelete is how many keys DeleteObjects takes
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html).
const maxDelete = 1000

// Objects is the store of what is written once, at keys that hold the hash of their content: published templates and the
// receiver's code. Each request names the account that must own the bucket, so that a bucket of that name elsewhere is never
// written to. The caller needs s3:GetObject, s3:PutObject, s3:DeleteObject and, to tell a missing object from a
// forbidden one, s3:ListBucket.
type Objects struct {
	client *s3.Client
	bucket string
	owner  string
	tags   map[string]string
}

// NewObjects returns the store in a bucket of that account. The client must be of the bucket's region.
func NewObjects(c *s3.Client, bucket, accountID string) *Objects {
	return &Objects{client: c, bucket: bucket, owner: accountID}
}

// Tagged returns the same store, whose writes carry these tags. The caller needs s3:PutObjectTagging as well.
func (s *Objects) Tagged(tags map[string]string) *Objects {
	tagged := *s
	tagged.tags = tags
	return &tagged
}

// Retag gives the store's tags to an object that is there already, in the place of those it has, in one request. The
// caller needs s3:PutObjectTagging and, for the last tag to go, s3:DeleteObjectTagging.
func (s *Objects) Retag(ctx context.Context, key string) error {
	var err error
	if len(s.tags) == 0 {
		_, err = s.client.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: &s.bucket, Key: &key, ExpectedBucketOwner: &s.owner})
	} else {
		tagging := &types.Tagging{}
		for _, name := range slices.Sorted(maps.Keys(s.tags)) {
			tagging.TagSet = append(tagging.TagSet, types.Tag{Key: aws.String(name), Value: aws.String(s.tags[name])})
		}
		_, err = s.client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: &s.bucket, Key: &key, ExpectedBucketOwner: &s.owner, Tagging: tagging})
	}
	if err != nil {
		return fmt.Errorf("tagging object %q: %w", key, err)
	}
	return nil
}

// Object is what S3 knows of a stored object.
type Object struct {
	// SHA256 is of the bytes, in hex; empty if whoever wrote them gave S3 no such checksum.
	SHA256 string
	// ETag is for Replace.
	ETag string
	// Encryption is how S3 encrypts the object at rest. Customers can read only what is under S3's own keys.
	Encryption string
}

// Intact reports whether the object has the bytes of that SHA-256 (in hex) as Put and Replace write it, readable
// for customers.
func (o Object) Intact(sha256Hex string) bool {
	return o.SHA256 == sha256Hex && o.Encryption == string(types.ServerSideEncryptionAes256)
}

// Put writes an object once, in one request. An object that is there already with the same bytes is success, as after
// a try whose answer was lost; with others it is ErrTampered and stays as it is.
func (s *Objects) Put(ctx context.Context, key string, body []byte) error {
	return s.put(ctx, key, body, func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") })
}

// Replace writes over the object with that ETag. An object that has changed since is ErrTampered, unless it
// holds these bytes now; one that is gone is an error for which IsNotFound holds.
func (s *Objects) Replace(ctx context.Context, key string, body []byte, etag string) error {
	return s.put(ctx, key, body, func(in *s3.PutObjectInput) { in.IfMatch = aws.String(etag) })
}

func (s *Objects) put(ctx context.Context, key string, body []byte, condition func(*s3.PutObjectInput)) error {
	sum := sha256.Sum256(body)
	in := &s3.PutObjectInput{
		Bucket:              &s.bucket,
		Key:                 &key,
		Body:                bytes.NewReader(body),
		ContentType:         aws.String(contentType),
		ChecksumAlgorithm:   types.ChecksumAlgorithmSha256,
		ChecksumSHA256:      aws.String(base64.StdEncoding.EncodeToString(sum[:])),
		ExpectedBucketOwner: &s.owner,
		// Stated on each write: a bucket whose default somebody set to a KMS key would shut every customer out.
		ServerSideEncryption: types.ServerSideEncryptionAes256,
	}
	if len(s.tags) > 0 {
		tagging := url.Values{}
		for name, value := range s.tags {
			tagging.Set(name, value)
		}
		in.Tagging = aws.String(tagging.Encode())
	}
	condition(in)
	_, err := s.client.PutObject(ctx, in, func(o *s3.Options) {
		// Another write of the same key was under way: afterwards the condition can be decided.
		o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict", "OperationAborted")
	})
	if err == nil {
		return nil
	}
	if !awsapi.IsConditionFailed(err) {
		return fmt.Errorf("writing object %q: %w", key, err)
	}
	found, err := s.Head(ctx, key)
	if err != nil {
		return err
	}
	if !found.Intact(hex.EncodeToString(sum[:])) {
		return fmt.Errorf("writing object %q: %w", key, ErrTampered)
	}
	return nil
}

// Head reads what S3 knows of an object, in one request. IsNotFound holds for the error if there is none; a missing
// bucket gives the same answer.
func (s *Objects) Head(ctx context.Context, key string) (Object, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket:              &s.bucket,
		Key:                 &key,
		ChecksumMode:        types.ChecksumModeEnabled,
		ExpectedBucketOwner: &s.owner,
	})
	if awsapi.IsAccessDenied(err) {
		return Object{}, fmt.Errorf("reading the checksum of object %q, which needs s3:GetObject on it and, to tell that it is missing, s3:ListBucket on the bucket: %w", key, err)
	}
	if err != nil {
		return Object{}, fmt.Errorf("reading the checksum of object %q: %w", key, err)
	}
	object := Object{ETag: aws.ToString(out.ETag), Encryption: string(out.ServerSideEncryption)}
	// The checksum of a multipart upload is of the parts' checksums ("…-2"), not of the bytes, and does not decode.
	if sum, err := base64.StdEncoding.DecodeString(aws.ToString(out.ChecksumSHA256)); err == nil {
		object.SHA256 = hex.EncodeToString(sum)
	}
	return object, nil
}

// prefix is of all templates' keys; the bucket holds the receiver's code as well.
const prefix = "templates/"

// ETag returns the ETag that S3 gives to an object as Put and Replace write it: the MD5 of the bytes, in quotes. An
// object under another key than S3's own has another one
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html).
func ETag(body []byte) string {
	sum := md5.Sum(body) //nolint:gosec // S3's choice; other bytes with the MD5 of given ones cannot be found
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// List returns the ETags of all templates by key, in one request for each 1,000. The caller needs s3:ListBucket.
func (s *Objects) List(ctx context.Context) (map[string]string, error) {
	return s.ListBelow(ctx, prefix)
}

// ListBelow is List of the templates whose keys begin with a text.
func (s *Objects) ListBelow(ctx context.Context, prefix string) (map[string]string, error) {
	etags := map[string]string{}
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, ExpectedBucketOwner: &s.owner})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the templates of bucket %q: %w", s.bucket, err)
		}
		for _, o := range page.Contents {
			etags[aws.ToString(o.Key)] = aws.ToString(o.ETag)
		}
	}
	return etags, nil
}

// Delete deletes objects, in one request for each 1,000 keys. Keys without an object are success.
func (s *Objects) Delete(ctx context.Context, keys ...string) error {
	for batch := range slices.Chunk(keys, maxDelete) {
		objects := make([]types.ObjectIdentifier, len(batch))
		for i := range batch {
			objects[i].Key = &batch[i]
		}
		out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket:              &s.bucket,
			Delete:              &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
			ExpectedBucketOwner: &s.owner,
		})
		if err != nil {
			return fmt.Errorf("deleting objects from bucket %q: %w", s.bucket, err)
		}
		if len(out.Errors) > 0 {
			return newDeleteError(out.Errors)
		}
	}
	return nil
}

// newDeleteError makes an API error of the first key that could not be deleted, so that its code can be asked for.
func newDeleteError(failed []types.Error) error {
	first := failed[0]
	return fmt.Errorf("deleting object %q (%d in all could not be deleted): %w", aws.ToString(first.Key), len(failed),
		&smithy.GenericAPIError{Code: aws.ToString(first.Code), Message: aws.ToString(first.Message)})
}
