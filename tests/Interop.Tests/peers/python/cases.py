import queue

import grpc

import test_pb2 as pb
from protocol import INITIAL, TRAILING, Stub, zeros

SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
REQUESTS = [27182, 8, 1828, 45904]
RESPONSES = [31415, 9, 2653, 58979]
TIMEOUT_S = 10


def expect(what, actual, expected):
    assert actual == expected, f"{what}: {actual!r} instead of {expected!r}"


def failure_of(call):
    """The error that a call or an iteration ends with."""
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("no error")


def sizes(responses):
    return [len(response.payload.body) for response in responses]


def duplex_request(response, request):
    return pb.StreamingOutputCallRequest(response_parameters=[pb.ResponseParameters(size=response)], payload=zeros(request))


class Requests:
    """An iterator that is fed while the call runs."""

    def __init__(self):
        self.queue = queue.Queue()

    def __iter__(self):
        return iter(self.queue.get, None)

    def send(self, request):
        self.queue.put(request)

    def close(self):
        self.queue.put(None)


def empty_unary(stub, **_):
    expect("response", stub.EmptyCall(pb.Empty(), timeout=TIMEOUT_S), pb.Empty())


def large_unary(stub, **_):
    response = stub.UnaryCall(pb.SimpleRequest(response_size=314159, payload=zeros(271828)), timeout=TIMEOUT_S)
    expect("size", sizes([response]), [314159])


def client_streaming(stub, **_):
    requests = (pb.StreamingInputCallRequest(payload=zeros(size)) for size in REQUESTS)
    expect("sum", stub.StreamingInputCall(requests, timeout=TIMEOUT_S).aggregated_payload_size, 74922)


def server_streaming(stub, **_):
    request = pb.StreamingOutputCallRequest(response_parameters=[pb.ResponseParameters(size=size) for size in RESPONSES])
    expect("sizes", sizes(stub.StreamingOutputCall(request, timeout=TIMEOUT_S)), RESPONSES)


def ping_pong(stub, **_):
    requests = Requests()
    call = stub.FullDuplexCall(iter(requests), timeout=TIMEOUT_S)
    for response, request in zip(RESPONSES, REQUESTS):
        requests.send(duplex_request(response, request))
        expect("size", sizes([next(call)]), [response])
    requests.close()
    expect("rest", list(call), [])


def empty_stream(stub, **_):
    expect("responses", list(stub.FullDuplexCall(iter(()), timeout=TIMEOUT_S)), [])


def timeout_on_sleeping_server(stub, **_):
    requests = Requests()
    requests.send(pb.StreamingOutputCallRequest(payload=zeros(27182)))
    call = stub.FullDuplexCall(iter(requests), timeout=0.001)
    expect("code", failure_of(lambda: list(call)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    requests.close()


def cancel_after_begin(stub, **_):
    requests = Requests()
    call = stub.StreamingInputCall.future(iter(requests), timeout=TIMEOUT_S)
    call.cancel()
    expect("code", call.code(), grpc.StatusCode.CANCELLED)
    requests.close()


def cancel_after_first_response(stub, **_):
    requests = Requests()
    requests.send(duplex_request(31415, 27182))
    call = stub.FullDuplexCall(iter(requests), timeout=TIMEOUT_S)
    next(call)
    call.cancel()
    expect("code", failure_of(lambda: next(call)).code(), grpc.StatusCode.CANCELLED)
    requests.close()


def status_code_and_message(stub, **_):
    status = pb.EchoStatus(code=2, message="test status message")
    unary = failure_of(lambda: stub.UnaryCall(pb.SimpleRequest(response_status=status), timeout=TIMEOUT_S))
    requests = iter([pb.StreamingOutputCallRequest(response_status=status)])
    duplex = failure_of(lambda: list(stub.FullDuplexCall(requests, timeout=TIMEOUT_S)))
    for error in unary, duplex:
        expect("status", (error.code(), error.details()), (grpc.StatusCode.UNKNOWN, status.message))


def special_status_message(stub, **_):
    status = pb.EchoStatus(code=2, message=SPECIAL)
    error = failure_of(lambda: stub.UnaryCall(pb.SimpleRequest(response_status=status), timeout=TIMEOUT_S))
    expect("status", (error.code(), error.details()), (grpc.StatusCode.UNKNOWN, SPECIAL))


def unimplemented_method(stub, **_):
    error = failure_of(lambda: stub.UnimplementedCall(pb.Empty(), timeout=TIMEOUT_S))
    expect("code", error.code(), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(stub, channel, **_):
    unknown = Stub(channel, "grpc.testing.UnimplementedService")
    error = failure_of(lambda: unknown.UnimplementedCall(pb.Empty(), timeout=TIMEOUT_S))
    expect("code", error.code(), grpc.StatusCode.UNIMPLEMENTED)


def custom_metadata(stub, **_):
    metadata = [(INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab")]
    request = pb.SimpleRequest(response_size=314159, payload=zeros(271828))
    _, unary = stub.UnaryCall.with_call(request, timeout=TIMEOUT_S, metadata=metadata)
    duplex = stub.FullDuplexCall(iter([duplex_request(314159, 271828)]), timeout=TIMEOUT_S, metadata=metadata)
    expect("sizes", sizes(duplex), [314159])
    for call in unary, duplex:
        expect("initial", [value for key, value in call.initial_metadata() if key == INITIAL], [metadata[0][1]])
        expect("trailing", [value for key, value in call.trailing_metadata() if key == TRAILING], [metadata[1][1]])
