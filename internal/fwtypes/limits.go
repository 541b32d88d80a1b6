package fwtypes

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Between accepts whole numbers from least to most.
func Between(least, most int64) validator.Int64 { return int64validator.Between(least, most) }

// SessionDuration accepts a role session's length: 15 minutes to 12 hours.
func SessionDuration() validator.String {
	return stringRule{"a duration from 15m to 12h", "Invalid session duration", func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil {
			return errors.New("a duration is written like \"15m\" or \"1h\"")
		}
		if d < 15*time.Minute || d > 12*time.Hour {
			return errors.New("a role session lasts from 15 minutes to 12 hours")
		}
		return nil
	}}
}

// HTTPURL accepts the URL of an endpoint.
func HTTPURL() validator.String {
	return stringRule{"an http or https URL", "Invalid endpoint URL", func(s string) error {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
			return errors.New("an endpoint is an http or https URL with a host and without a user, such as \"https://vpce-1.s3.eu-west-1.vpce.amazonaws.com\"")
		}
		return nil
	}}
}

// Tags accepts tags as S3 takes them on an object, the narrowest of the services that get them: keys up to 128 and
// values up to 256 letters, digits, spaces or any of + - = . _ : / @, at most ten
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html).
func Tags() validator.Map { return tagRule{} }

type tagRule struct{}

const maxTags = 10

var tagPattern = regexp.MustCompile(`^[\p{L}\p{N} +\-=._:/@]*$`)

func (tagRule) Description(context.Context) string { return "at most ten tags as S3 takes them" }

func (r tagRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (tagRule) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	elements := req.ConfigValue.Elements()
	if len(elements) > maxTags {
		resp.Diagnostics.AddAttributeError(req.Path, "Too many tags", fmt.Sprintf("S3 takes at most %d tags on an object, these are %d.", maxTags, len(elements)))
	}
	for key, element := range elements {
		value, ok := element.(types.String)
		if !ok || value.IsUnknown() {
			continue
		}
		if err := checkTag(key, value.ValueString()); err != nil {
			resp.Diagnostics.AddAttributeError(req.Path.AtMapKey(key), "Invalid tag", sentence(err.Error()))
		}
	}
}

func checkTag(key, value string) error {
	switch {
	case key == "" || len(key) > 128 || len(value) > 256:
		return errors.New("a tag's key has 1 to 128 characters and its value at most 256")
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return errors.New("keys that begin with \"aws:\" are reserved for AWS")
	case !tagPattern.MatchString(key) || !tagPattern.MatchString(value):
		return errors.New("a tag holds letters, digits, spaces and any of + - = . _ : / @")
	}
	return nil
}

// WaitDuration accepts how long a data source may wait: a second to a day.
func WaitDuration() validator.String {
	return stringRule{"a duration from 1s to 24h", "Invalid duration", func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d < time.Second || d > 24*time.Hour {
			return errors.New("a duration is written like \"90s\" or \"10m\", from one second to 24 hours")
		}
		return nil
	}}
}
