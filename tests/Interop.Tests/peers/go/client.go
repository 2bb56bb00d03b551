package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const caseTimeout = 10 * time.Second

type testCase func(context.Context, TestServiceClient) error

func runCases(target string, words []string) {
	limits := map[string]bool{}
	for _, word := range words {
		limits[word] = true
	}
	connection, err := grpc.Dial("passthrough:///localhost", grpc.WithInsecure(), grpc.WithStatsHandler(flagWatcher{}), grpc.WithContextDialer(dialer(target)))
	if err != nil {
		panic(err)
	}
	client := NewTestServiceClient(connection)
	output := json.NewEncoder(os.Stdout)
	for _, entry := range []struct {
		name string
		run  testCase
	}{
		{"empty_unary", emptyUnary},
		{"large_unary", largeUnary},
		{"client_streaming", clientStreaming},
		{"server_streaming", serverStreaming},
		{"ping_pong", pingPong},
		{"empty_stream", emptyStream},
		{"timeout_on_sleeping_server", timeoutOnSleepingServer},
		{"cancel_after_begin", cancelAfterBegin},
		{"cancel_after_first_response", cancelAfterFirstResponse},
		{"status_code_and_message", statusCodeAndMessage},
		{"special_status_message", specialStatusMessage},
		{"unimplemented_method", unimplementedMethod},
		{"unimplemented_service", func(ctx context.Context, _ TestServiceClient) error {
			_, err := NewUnimplementedServiceClient(connection).UnimplementedCall(ctx, &Empty{})
			return expect("code", status.Code(err), codes.Unimplemented)
		}},
		{"custom_metadata", customMetadata},
		{"client_compressed_unary", clientCompressedUnary(limits)},
		{"server_compressed_unary", serverCompressedUnary(limits)},
		{"client_compressed_streaming", clientCompressedStreaming(limits)},
		{"server_compressed_streaming", serverCompressedStreaming(limits)},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), caseTimeout)
		line := map[string]interface{}{"case": entry.name, "error": nil}
		if err := entry.run(ctx, client); err != nil {
			line["error"] = err.Error()
		}
		cancel()
		output.Encode(line)
	}
}

func dialer(target string) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, _ string) (net.Conn, error) {
		if strings.HasPrefix(target, "unix:") {
			return (&net.Dialer{}).DialContext(ctx, "unix", strings.TrimPrefix(target, "unix:"))
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", target)
	}
}
