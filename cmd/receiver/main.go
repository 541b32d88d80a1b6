// Command receiver is the Lambda function behind a hub's topics.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/xrole/terraform-provider-xrole/internal/awsapi"
	"github.com/xrole/terraform-provider-xrole/internal/callback"
	"github.com/xrole/terraform-provider-xrole/internal/receiver"
	"github.com/xrole/terraform-provider-xrole/internal/registry"
	"github.com/xrole/terraform-provider-xrole/internal/trust"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	handler, err := newHandler(context.Background(), log)
	if err != nil {
		log.Error("the receiver is not configured", "event", "misconfigured", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler.Handle)
}

func newHandler(ctx context.Context, log *slog.Logger) (*receiver.Handler, error) {
	tableARN, topicName := os.Getenv("XROLE_TABLE_ARN"), os.Getenv("XROLE_TOPIC_NAME")
	table, err := arn.Parse(tableARN)
	if err != nil || table.Service != "dynamodb" {
		err = fmt.Errorf("XROLE_TABLE_ARN %q is no table's ARN", tableARN)
	}
	if topicName == "" {
		err = errors.Join(err, errors.New("XROLE_TOPIC_NAME is not set"))
	}
	if err != nil {
		return nil, err
	}
	cfg, err := awsapi.Load(ctx, awsapi.Options{})
	if err != nil {
		return nil, err
	}
	return &receiver.Handler{
		Store:     registry.NewStore(dynamodb.NewFromConfig(cfg), tableARN),
		Checker:   trust.NewChecker(cfg, table.Partition, table.AccountID),
		Answerer:  callback.NewAnswerer(http.DefaultClient),
		Log:       log,
		Now:       time.Now,
		AccountID: table.AccountID, TopicName: topicName,
	}, nil
}
