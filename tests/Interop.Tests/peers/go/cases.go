package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	initialKey    = "x-grpc-test-echo-initial"
	initialValue  = "test_initial_metadata_value"
	trailingKey   = "x-grpc-test-echo-trailing-bin"
	trailingValue = "\xab\xab\xab"
	specialText   = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
)

func expect(what string, actual, expected interface{}) error {
	if actual != expected {
		return fmt.Errorf("%s: %v instead of %v", what, actual, expected)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func emptyUnary(ctx context.Context, client TestServiceClient) error {
	_, err := client.EmptyCall(ctx, &Empty{})
	return err
}

func largeUnary(ctx context.Context, client TestServiceClient) error {
	response, err := client.UnaryCall(ctx, &SimpleRequest{ResponseSize: 314159, Payload: zeros(271828)})
	return first(err, expect("size", len(response.GetPayload().GetBody()), 314159))
}

func clientStreaming(ctx context.Context, client TestServiceClient) error {
	call, err := client.StreamingInputCall(ctx)
	if err != nil {
		return err
	}
	for _, size := range []int32{27182, 8, 1828, 45904} {
		if err := call.Send(&StreamingInputCallRequest{Payload: zeros(size)}); err != nil {
			return err
		}
	}
	response, err := call.CloseAndRecv()
	return first(err, expect("sum", response.GetAggregatedPayloadSize(), int32(74922)))
}

func serverStreaming(ctx context.Context, client TestServiceClient) error {
	request := &StreamingOutputCallRequest{}
	sizes := []int32{31415, 9, 2653, 58979}
	for _, size := range sizes {
		request.ResponseParameters = append(request.ResponseParameters, &ResponseParameters{Size: size})
	}
	call, err := client.StreamingOutputCall(ctx, request)
	if err != nil {
		return err
	}
	for _, size := range sizes {
		response, err := call.Recv()
		if err := first(err, expect("size", len(response.GetPayload().GetBody()), int(size))); err != nil {
			return err
		}
	}
	_, err = call.Recv()
	return expect("end", err, io.EOF)
}

func pingPong(ctx context.Context, client TestServiceClient) error {
	call, err := client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	requests, responses := []int32{27182, 8, 1828, 45904}, []int32{31415, 9, 2653, 58979}
	for index := range requests {
		if err := call.Send(duplexRequest(responses[index], requests[index])); err != nil {
			return err
		}
		response, err := call.Recv()
		if err := first(err, expect("size", len(response.GetPayload().GetBody()), int(responses[index]))); err != nil {
			return err
		}
	}
	call.CloseSend()
	_, err = call.Recv()
	return expect("end", err, io.EOF)
}

func emptyStream(ctx context.Context, client TestServiceClient) error {
	call, err := client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	call.CloseSend()
	_, err = call.Recv()
	return expect("end", err, io.EOF)
}

func timeoutOnSleepingServer(ctx context.Context, client TestServiceClient) error {
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	call, err := client.FullDuplexCall(ctx)
	if err != nil {
		return expect("code", status.Code(err), codes.DeadlineExceeded)
	}
	call.Send(&StreamingOutputCallRequest{Payload: zeros(27182)})
	_, err = call.Recv()
	return expect("code", status.Code(err), codes.DeadlineExceeded)
}

func cancelAfterBegin(ctx context.Context, client TestServiceClient) error {
	ctx, cancel := context.WithCancel(ctx)
	call, err := client.StreamingInputCall(ctx)
	cancel()
	if err != nil {
		return err
	}
	_, err = call.CloseAndRecv()
	return expect("code", status.Code(err), codes.Canceled)
}

func cancelAfterFirstResponse(ctx context.Context, client TestServiceClient) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	call, err := client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	if err := call.Send(duplexRequest(31415, 27182)); err != nil {
		return err
	}
	if _, err := call.Recv(); err != nil {
		return err
	}
	cancel()
	_, err = call.Recv()
	return expect("code", status.Code(err), codes.Canceled)
}

func statusCodeAndMessage(ctx context.Context, client TestServiceClient) error {
	echo := &EchoStatus{Code: 2, Message: "test status message"}
	_, unary := client.UnaryCall(ctx, &SimpleRequest{ResponseStatus: echo})
	call, err := client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	if err := call.Send(&StreamingOutputCallRequest{ResponseStatus: echo}); err != nil {
		return err
	}
	call.CloseSend()
	_, duplex := call.Recv()
	return first(
		expect("code", status.Code(unary), codes.Unknown), expect("message", status.Convert(unary).Message(), echo.Message),
		expect("duplex code", status.Code(duplex), codes.Unknown), expect("duplex message", status.Convert(duplex).Message(), echo.Message))
}

func specialStatusMessage(ctx context.Context, client TestServiceClient) error {
	_, err := client.UnaryCall(ctx, &SimpleRequest{ResponseStatus: &EchoStatus{Code: 2, Message: specialText}})
	return first(expect("code", status.Code(err), codes.Unknown), expect("message", status.Convert(err).Message(), specialText))
}

func unimplementedMethod(ctx context.Context, client TestServiceClient) error {
	_, err := client.UnimplementedCall(ctx, &Empty{})
	return expect("code", status.Code(err), codes.Unimplemented)
}

func customMetadata(ctx context.Context, client TestServiceClient) error {
	ctx = metadata.AppendToOutgoingContext(ctx, initialKey, initialValue, trailingKey, trailingValue)
	var header, trailer metadata.MD
	_, err := client.UnaryCall(ctx, &SimpleRequest{ResponseSize: 314159, Payload: zeros(271828)}, grpc.Header(&header), grpc.Trailer(&trailer))
	if err := first(err, checkMetadata("unary", header, trailer)); err != nil {
		return err
	}
	call, err := client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	if err := call.Send(duplexRequest(314159, 271828)); err != nil {
		return err
	}
	if _, err := call.Recv(); err != nil {
		return err
	}
	call.CloseSend()
	if _, err = call.Recv(); err != io.EOF {
		return err
	}
	header, err = call.Header()
	return first(err, checkMetadata("duplex", header, call.Trailer()))
}

func checkMetadata(where string, header, trailer metadata.MD) error {
	return first(
		expect(where+" initial", fmt.Sprint(header.Get(initialKey)), fmt.Sprint([]string{initialValue})),
		expect(where+" trailing", fmt.Sprint(trailer.Get(trailingKey)), fmt.Sprint([]string{trailingValue})))
}

func duplexRequest(response, request int32) *StreamingOutputCallRequest {
	return &StreamingOutputCallRequest{ResponseParameters: []*ResponseParameters{{Size: response}}, Payload: zeros(request)}
}
