package fwtypes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Tags accepts tags as S3 takes them on an object, the narrowest of the services that get them: keys up to 128 and
// values up to 256 letters, digits, spaces or any of + - = . _ : / @, at most ten
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html).
func Tags() validator.Map {
	return tagRule{about: "at most ten tags as S3 takes them", service: "S3", limit: 10}
}

// SessionTags accepts the tags of a session: at most fifty, keys that differ in more than case.
func SessionTags() validator.Map {
	return tagRule{about: "at most fifty tags as STS takes them", service: "STS", limit: 50, foldCase: true}
}

type tagRule struct {
	about   string
	service string
	limit   int
	// foldCase is set for STS, which takes two keys that differ only in case for the same.
	foldCase bool
}

func (r tagRule) Description(context.Context) string { return r.about }

func (r tagRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (r tagRule) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	elements := req.ConfigValue.Elements()
	if len(elements) > r.limit {
		resp.Diagnostics.AddAttributeError(req.Path, "Too many tags", fmt.Sprintf("%s takes at most %d of them, these are %d.", r.service, r.limit, len(elements)))
	}
	folded := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		value, ok := elements[key].(types.String)
		if !ok || value.IsUnknown() {
			continue
		}
		err := checkTag(key, value.ValueString())
		same := strings.ToLower(key)
		if err == nil && r.foldCase && folded[same] {
			err = errors.New("STS takes two keys that differ only in case for the same")
		}
		folded[same] = true
		if err != nil {
			resp.Diagnostics.AddAttributeError(req.Path.AtMapKey(key), "Invalid tag", sentence(err.Error()))
		}
	}
}

var tagPattern = regexp.MustCompile(`^[\p{L}\p{N} +\-=._:/@]*$`)

func checkTag(key, value string) error {
	switch {
	case key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256:
		return errors.New("a tag's key has 1 to 128 characters and its value at most 256")
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return errors.New("keys that begin with \"aws:\" are reserved for AWS")
	case !tagPattern.MatchString(key) || !tagPattern.MatchString(value):
		return errors.New("a tag holds letters, digits, spaces and any of + - = . _ : / @")
	}
	return nil
}
