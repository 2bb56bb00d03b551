"""The library's server cannot see whether a message came compressed, so expect_compressed is out of its reach."""

import sys
from concurrent import futures

import grpc

import test_pb2 as pb
from protocol import INITIAL, METHODS, TEST_SERVICE, TRAILING, zeros

CODES = {code.value[0]: code for code in grpc.StatusCode}


def serve(socket):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    handlers = {
        name: getattr(grpc, f"{shape}_rpc_method_handler")(globals()[name], request.FromString, response.SerializeToString)
        for name, shape, request, response in METHODS
        if name in globals()
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(TEST_SERVICE, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None)


def EmptyCall(request, context):
    return pb.Empty()


def UnaryCall(request, context):
    if request.response_compressed.value:
        context.set_compression(grpc.Compression.Gzip)
    echo(context)
    end_as_wanted(request, context)
    return pb.SimpleResponse(payload=zeros(request.response_size))


def StreamingOutputCall(request, context):
    if any(parameters.compressed.value for parameters in request.response_parameters):
        context.set_compression(grpc.Compression.Gzip)
    for parameters in request.response_parameters:
        if not parameters.compressed.value:
            context.disable_next_message_compression()
        yield pb.StreamingOutputCallResponse(payload=zeros(parameters.size))


def StreamingInputCall(requests, context):
    return pb.StreamingInputCallResponse(aggregated_payload_size=sum(len(request.payload.body) for request in requests))


def FullDuplexCall(requests, context):
    echo(context)
    for request in requests:
        end_as_wanted(request, context)
        for parameters in request.response_parameters:
            yield pb.StreamingOutputCallResponse(payload=zeros(parameters.size))


def end_as_wanted(request, context):
    if request.response_status.code:
        context.abort(CODES[request.response_status.code], request.response_status.message)


def echo(context):
    sent = context.invocation_metadata()
    initial = [(key, value) for key, value in sent if key == INITIAL]
    if initial:
        context.send_initial_metadata(initial)
    context.set_trailing_metadata([(key, value) for key, value in sent if key == TRAILING])
