package fwtypes

import (
	"errors"
	"net/url"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

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

// WaitDuration accepts how long a data source may wait: a second to a day.
func WaitDuration() validator.String {
	return stringRule{"a duration from 1s to 24h", "Invalid duration", func(s string) error {
		if d, err := time.ParseDuration(s); err != nil || d < time.Second || d > 24*time.Hour {
			return errors.New("a duration is written like \"90s\" or \"10m\", from one second to 24 hours")
		}
		return nil
	}}
}
