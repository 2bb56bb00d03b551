import json

import grpc

import cases
import compression
from protocol import Stub

CASES = [
    cases.empty_unary,
    cases.large_unary,
    cases.client_streaming,
    cases.server_streaming,
    cases.ping_pong,
    cases.empty_stream,
    cases.timeout_on_sleeping_server,
    cases.cancel_after_begin,
    cases.cancel_after_first_response,
    cases.status_code_and_message,
    cases.special_status_message,
    cases.unimplemented_method,
    cases.unimplemented_service,
    cases.custom_metadata,
    compression.client_compressed_unary,
    compression.server_compressed_unary,
    compression.client_compressed_streaming,
    compression.server_compressed_streaming,
]


def run(target, limits):
    with grpc.insecure_channel(target) as channel:
        stub = Stub(channel)
        for case in CASES:
            error = None
            try:
                case(stub, channel=channel, limits=limits)
            except (AssertionError, StopIteration, grpc.RpcError) as caught:
                error = repr(caught)
            print(json.dumps({"case": case.__name__, "error": error}), flush=True)
