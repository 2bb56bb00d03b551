package main

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
)

type server struct{}

func (server) Echo(_ context.Context, request *Message) (*Message, error) { return request, nil }

func (server) Stream(request *StreamRequest, stream Bench_StreamServer) error {
	message := &Message{Body: make([]byte, request.Size)}
	for i := int32(0); i < request.Count; i++ {
		if err := stream.Send(message); err != nil {
			return err
		}
	}
	return nil
}

func serve(socket string) error {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	RegisterBenchServer(s, server{})
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(listener) }()
	return obey(func(line string) (string, error) {
		select {
		case err := <-failed:
			return "", err
		default:
		}
		if line != "allocated" {
			return "", fmt.Errorf("not a command of the server")
		}
		return fmt.Sprint(allocatedBytes()), nil
	})
}
