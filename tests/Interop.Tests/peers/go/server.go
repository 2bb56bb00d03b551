package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // registers it
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Responses are compressed as the requests of their call were: this version of the library lets no handler choose.
type testServer struct {
	UnimplementedTestServiceServer
}

func serve(socket string) {
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	unix, err := net.Listen("unix", socket)
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(grpc.StatsHandler(flagWatcher{}))
	RegisterTestServiceServer(server, &testServer{})
	go server.Serve(port)
	go server.Serve(unix)
	fmt.Println(port.Addr().(*net.TCPAddr).Port)
	io.Copy(io.Discard, os.Stdin)
	server.Stop()
}

func (*testServer) EmptyCall(context.Context, *Empty) (*Empty, error) {
	return &Empty{}, nil
}

func (*testServer) UnaryCall(ctx context.Context, request *SimpleRequest) (*SimpleResponse, error) {
	if err := checkFlag(ctx, request.ExpectCompressed); err != nil {
		return nil, err
	}
	header, trailer := echoes(ctx)
	grpc.SetHeader(ctx, header)
	grpc.SetTrailer(ctx, trailer)
	if err := wanted(request.ResponseStatus); err != nil {
		return nil, err
	}
	return &SimpleResponse{Payload: zeros(request.ResponseSize)}, nil
}

func (*testServer) StreamingOutputCall(request *StreamingOutputCallRequest, stream TestService_StreamingOutputCallServer) error {
	return answer(request, stream.Send)
}

func (*testServer) StreamingInputCall(stream TestService_StreamingInputCallServer) error {
	sum := 0
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&StreamingInputCallResponse{AggregatedPayloadSize: int32(sum)})
		}
		if err != nil {
			return err
		}
		if err := checkFlag(stream.Context(), request.ExpectCompressed); err != nil {
			return err
		}
		sum += len(request.GetPayload().GetBody())
	}
}

func (*testServer) FullDuplexCall(stream TestService_FullDuplexCallServer) error {
	header, trailer := echoes(stream.Context())
	stream.SetHeader(header)
	stream.SetTrailer(trailer)
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := wanted(request.ResponseStatus); err != nil {
			return err
		}
		if err := answer(request, stream.Send); err != nil {
			return err
		}
	}
}

func answer(request *StreamingOutputCallRequest, send func(*StreamingOutputCallResponse) error) error {
	for _, parameters := range request.ResponseParameters {
		if err := send(&StreamingOutputCallResponse{Payload: zeros(parameters.Size)}); err != nil {
			return err
		}
	}
	return nil
}

func wanted(echo *EchoStatus) error {
	if echo.GetCode() == 0 {
		return nil
	}
	return status.Error(codes.Code(echo.Code), echo.Message)
}

func checkFlag(ctx context.Context, expected *BoolValue) error {
	compressed := receivedOf(ctx).next()
	if expected == nil || expected.Value == compressed {
		return nil
	}
	return status.Errorf(codes.InvalidArgument, "compressed: %v, expected: %v", compressed, expected.Value)
}

func echoes(ctx context.Context) (header, trailer metadata.MD) {
	header, trailer = metadata.MD{}, metadata.MD{}
	sent, _ := metadata.FromIncomingContext(ctx)
	header.Append(initialKey, sent.Get(initialKey)...)
	trailer.Append(trailingKey, sent.Get(trailingKey)...)
	return header, trailer
}
