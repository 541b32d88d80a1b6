package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

// newHandler makes the receiver that the environment describes, and makes no request.
func newHandler(ctx context.Context, log *slog.Logger) (*receiver.Handler, error) {
	tableARN, topicName := os.Getenv("XROLE_TABLE_ARN"), os.Getenv("XROLE_TOPIC_NAME")
	table, err := arn.Parse(tableARN)
	if err != nil || table.Service != "dynamodb" {
		err = fmt.Errorf("XROLE_TABLE_ARN %q is no table's ARN", tableARN)
	}
	if topicName == "" {
		err = errors.Join(err, errors.New("XROLE_TOPIC_NAME is not set"))
	}
	recheck, hoursErr := time.ParseDuration(cmp.Or(os.Getenv("XROLE_RECHECK_HOURS"), "24") + "h")
	if hoursErr != nil || recheck < time.Hour {
		err = errors.Join(err, errors.New("XROLE_RECHECK_HOURS is no number of hours"))
	}
	if err != nil {
		return nil, err
	}
	cfg, err := awsapi.Load(ctx, awsapi.Options{})
	if err != nil {
		return nil, err
	}
	h := &receiver.Handler{
		Store:     registry.NewStore(dynamodb.NewFromConfig(cfg), tableARN),
		Checker:   trust.NewChecker(cfg, table.Partition, table.AccountID),
		Answerer:  callback.NewAnswerer(http.DefaultClient),
		Log:       log,
		Now:       time.Now,
		AccountID: table.AccountID, TopicName: topicName, Recheck: recheck,
	}
	if bus := os.Getenv("XROLE_EVENT_BUS_ARN"); bus != "" {
		h.Bus = receiver.NewEventBus(eventbridge.NewFromConfig(cfg), bus, topicName)
	}
	return h, nil
}
