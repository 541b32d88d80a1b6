// Command receiver is the Lambda function behind a hub's topics.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
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
