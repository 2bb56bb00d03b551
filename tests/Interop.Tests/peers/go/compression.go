package main

import (
	"context"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func clientCompressedUnary(limits map[string]bool) testCase {
	return func(ctx context.Context, client TestServiceClient) error {
		request := &SimpleRequest{ExpectCompressed: flag(true), ResponseSize: 314159, Payload: zeros(271828)}
		if !limits["blind"] {
			_, err := client.UnaryCall(ctx, request)
			if err := expect("probe", status.Code(err), codes.InvalidArgument); err != nil {
				return err
			}
		}
		compressed, err := client.UnaryCall(ctx, request, grpc.UseCompressor(gzip.Name))
		if err := first(err, expect("size", len(compressed.GetPayload().GetBody()), 314159)); err != nil {
			return err
		}
		request.ExpectCompressed = flag(false)
		plain, err := client.UnaryCall(ctx, request)
		return first(err, expect("size", len(plain.GetPayload().GetBody()), 314159))
	}
}

// The compressor is the call's: no single message can go without, so both go with it.
func clientCompressedStreaming(limits map[string]bool) testCase {
	return func(ctx context.Context, client TestServiceClient) error {
		if !limits["blind"] {
			call, err := client.StreamingInputCall(ctx)
			if err != nil {
				return err
			}
			call.Send(&StreamingInputCallRequest{ExpectCompressed: flag(true), Payload: zeros(27182)})
			_, err = call.CloseAndRecv()
			if err := expect("probe", status.Code(err), codes.InvalidArgument); err != nil {
				return err
			}
		}
		call, err := client.StreamingInputCall(ctx, grpc.UseCompressor(gzip.Name))
		if err != nil {
			return err
		}
		for _, size := range []int32{27182, 45904} {
			if err := call.Send(&StreamingInputCallRequest{ExpectCompressed: flag(true), Payload: zeros(size)}); err != nil {
				return err
			}
		}
		response, err := call.CloseAndRecv()
		return first(err, expect("sum", response.GetAggregatedPayloadSize(), int32(73086)))
	}
}

func serverCompressedUnary(limits map[string]bool) testCase {
	return func(ctx context.Context, client TestServiceClient) error {
		for _, compressed := range []bool{true, false} {
			var options []grpc.CallOption
			if compressed && limits["mirrors"] {
				options = append(options, grpc.UseCompressor(gzip.Name))
			}
			watched, messages := withReceived(announceGzip(ctx))
			response, err := client.UnaryCall(watched, &SimpleRequest{ResponseCompressed: flag(compressed), ResponseSize: 314159, Payload: zeros(271828)}, options...)
			if err := first(err, expect("size", len(response.GetPayload().GetBody()), 314159)); err != nil {
				return err
			}
			if err := expect("compressed", messages.next(), compressed); err != nil {
				return err
			}
		}
		return nil
	}
}

func serverCompressedStreaming(limits map[string]bool) testCase {
	return func(ctx context.Context, client TestServiceClient) error {
		var options []grpc.CallOption
		if limits["mirrors"] {
			options = append(options, grpc.UseCompressor(gzip.Name))
		}
		ctx, messages := withReceived(announceGzip(ctx))
		sizes, flags := []int32{31415, 92653}, []bool{true, false}
		call, err := client.StreamingOutputCall(ctx, &StreamingOutputCallRequest{ResponseParameters: []*ResponseParameters{
			{Size: sizes[0], Compressed: flag(flags[0])}, {Size: sizes[1], Compressed: flag(flags[1])}}}, options...)
		if err != nil {
			return err
		}
		for index := range sizes {
			response, err := call.Recv()
			if err := first(err, expect("size", len(response.GetPayload().GetBody()), int(sizes[index]))); err != nil {
				return err
			}
			if err := expect("compressed", messages.next(), flags[index] || limits["mirrors"]); err != nil {
				return err
			}
		}
		_, err = call.Recv()
		return expect("end", err, io.EOF)
	}
}

// This version of the library decompresses responses but does not say so, and a server may compress only what is accepted.
func announceGzip(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "grpc-accept-encoding", gzip.Name)
}
