package main

import (
	"google.golang.org/grpc"
)

// streamService is not c1's: a host asks for the pages as one stream, and none waits for the one before. It stands in for a
// protocol that streams.
var streamService = grpc.ServiceDesc{
	ServiceName: "bench.Generator",
	HandlerType: (*interface{})(nil),
	Streams:     []grpc.StreamDesc{{StreamName: "Stream", ServerStreams: true, Handler: stream}},
}

func stream(_ interface{}, call grpc.ServerStream) error {
	request := &SyncRequest{}
	if err := call.RecvMsg(request); err != nil {
		return err
	}
	o, err := parse(request.Options)
	if err != nil {
		return err
	}
	for page := range pages(call.Context(), o) {
		if err := call.SendMsg(page); err != nil {
			return err
		}
	}
	return nil
}
