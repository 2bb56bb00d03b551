"""Serves everything.proto by grpcio, and says of each message what Google's own JSON mapping makes of it. Prints its port; ends with its standard input."""
import sys
from concurrent import futures

import grpc
from google.protobuf import duration_pb2, empty_pb2, json_format, struct_pb2, timestamp_pb2

import everything_pb2 as e
import legacy_pb2 as old


def shown(message):
    return json_format.MessageToJson(message, including_default_value_fields=True)


def parsed(request, context, message):
    try:
        return json_format.Parse(request.json, message)
    except json_format.ParseError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


def parse(request, context):
    message = parsed(request, context, e.Everything())
    return e.Answer(json=shown(message), message=message)


def parse_old(request, context):
    message = parsed(request, context, old.Old())
    return e.OldAnswer(json=json_format.MessageToJson(message), message=message)


def later(request, context):
    return timestamp_pb2.Timestamp(seconds=1_000_000_000 + request.seconds, nanos=request.nanos)


def loose(request, context):
    return struct_pb2.Value(struct_value=request)


def method(request, answer, handle=None):
    serialize = (lambda raw: raw) if answer is bytes else answer.SerializeToString
    return grpc.unary_unary_rpc_method_handler(handle, request.FromString, serialize)


METHODS = {
    "Echo": method(e.Everything, e.Answer, lambda m, _: e.Answer(json=shown(m), message=m)),
    "EchoOld": method(old.Old, e.OldAnswer, lambda m, _: e.OldAnswer(json=json_format.MessageToJson(m), message=m)),
    "Parse": method(e.Json, e.Answer, parse),
    "ParseOld": method(e.Json, e.OldAnswer, parse_old),
    "Raw": method(e.Bytes, bytes, lambda m, _: m.bytes),
    "Nothing": method(empty_pb2.Empty, empty_pb2.Empty, lambda m, _: m),
    "Later": method(duration_pb2.Duration, timestamp_pb2.Timestamp, later),
    "Loose": method(struct_pb2.Struct, struct_pb2.Value, loose),
}

server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)])
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("platform.test.everything.Types", METHODS)])
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
server.stop(None)
