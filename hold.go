//go:build hold

// Package main: this file only keeps go.mod's requirements in place while their users are written.
package main

import (
	_ "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	_ "github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
)
