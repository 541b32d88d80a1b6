package lab_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/xrole/terraform-provider-xrole/internal/lab"
)

func TestMain(m *testing.M) {
	if os.Getenv(ownerVariable) != "" {
		own()
	}
	os.Exit(lab.Run(m))
}

func TestNewAccount_isolation(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	a, b := l.NewAccount(t), l.NewAccount(t)
	for _, account := range []*lab.Account{a, b} {
		got, err := sts.NewFromConfig(account.Config("eu-west-1")).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if err != nil {
			t.Fatal(err)
		}
		if *got.Account != account.ID || account.ARN != "arn:aws:iam::"+account.ID+":role/lab/Admin" {
			t.Errorf("account %s is %s, %s in the lab", account.ID, *got.Account, *got.Arn)
		}
	}
	if _, err := sns.NewFromConfig(a.Config("eu-west-1")).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("mine")}); err != nil {
		t.Fatal(err)
	}
	for account, want := range map[*lab.Account]int{a: 1, b: 0} {
		got, err := sns.NewFromConfig(account.Config("eu-west-1")).ListTopics(t.Context(), &sns.ListTopicsInput{})
		if err != nil || len(got.Topics) != want {
			t.Errorf("account %s has %d topics, want %d: %v", account.ID, len(got.Topics), want, err)
		}
		if n := len(l.Requests(lab.Filter{AccountID: account.ID, Service: "sns", Operation: "ListTopics"})); n != 1 {
			t.Errorf("account %s has asked %d times, by the log", account.ID, n)
		}
	}
}

func TestProxy_largeObject(t *testing.T) {
	t.Parallel()
	c := s3.NewFromConfig(lab.Shared(t).NewAccount(t).Config("us-east-1"))
	bucket, key := aws.String("large"+rand.Text()[:10]), aws.String("a b/ü.zip")
	*bucket = strings.ToLower(*bucket)
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: bytes.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmSha256}); err != nil {
		t.Fatal(err)
	}
	out, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(out.Body)
	if err := errors.Join(err, out.Body.Close()); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
}

// The SDK's own chain finds the account by its profile, and the lab by the environment alone.
func TestRun_environment(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithSharedConfigProfile(a.Profile), config.WithRegion("us-west-2"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *got.Account != a.ID {
		t.Errorf("by profile: %v, %v", got, err)
	}
	cfg, err = config.LoadDefaultConfig(t.Context(), config.WithRegion("us-west-2"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err == nil || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("without a profile: %v, want no credentials", err)
	}
}

func TestPrincipal_mayOnlyWhatItsPoliciesSay(t *testing.T) {
	t.Parallel()
	a := lab.Shared(t).NewAccount(t)
	may := a.Principal(t, "publisher", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:CreateTopic","Resource":"*"}]}`)
	mayNot := a.Principal(t, "nobody")
	for p, want := range map[*lab.Account]string{may: "", mayNot: "AuthorizationError"} {
		_, err := sns.NewFromConfig(once(p)).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("x")})
		got := ""
		if api, ok := errors.AsType[smithy.APIError](err); ok {
			got = api.ErrorCode()
		}
		if got != want {
			t.Errorf("%s: got %v, want %q", p.ARN, err, want)
		}
		if p.ID != a.ID {
			t.Errorf("%s is of account %s", p.ARN, p.ID)
		}
	}
}

// What another shell sources is there while the lab is, and a person is told what a hub on it needs.
func TestWriteExports(t *testing.T) {
	t.Parallel()
	l := lab.Shared(t)
	file := filepath.Join(t.TempDir(), "dist", "lab.env")
	remove, err := l.WriteExports("partner", file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != l.Exports("partner") {
		t.Errorf("%v: %s", err, got)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file stays: %v", err)
	}
	want := fmt.Sprintf("architecture = %q", map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH])
	if got := lab.AboutHubs("arn:aws:iam::111111111111:role/lab/Admin"); !strings.Contains(got, want) || !strings.Contains(got, "account 111111111111,") {
		t.Error(got)
	}
}
