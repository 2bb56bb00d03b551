"""The compression is the call's: no single message can go without. Whether a response came compressed is not to be seen."""

import grpc

import test_pb2 as pb
from cases import TIMEOUT_S, expect, failure_of, sizes
from protocol import zeros

GZIP = grpc.Compression.Gzip
NONE = grpc.Compression.NoCompression


def client_compressed_unary(stub, limits, **_):
    request = pb.SimpleRequest(expect_compressed=pb.BoolValue(value=True), response_size=314159, payload=zeros(271828))
    if "blind" not in limits:
        probe = failure_of(lambda: stub.UnaryCall(request, timeout=TIMEOUT_S))
        expect("probe", probe.code(), grpc.StatusCode.INVALID_ARGUMENT)
    expect("size", sizes([stub.UnaryCall(request, timeout=TIMEOUT_S, compression=GZIP)]), [314159])
    request.expect_compressed.value = False
    expect("size", sizes([stub.UnaryCall(request, timeout=TIMEOUT_S)]), [314159])


def client_compressed_streaming(stub, limits, **_):
    requests = [
        pb.StreamingInputCallRequest(expect_compressed=pb.BoolValue(value=True), payload=zeros(size)) for size in (27182, 45904)
    ]
    if "blind" not in limits:
        probe = failure_of(lambda: stub.StreamingInputCall(iter(requests[:1]), timeout=TIMEOUT_S))
        expect("probe", probe.code(), grpc.StatusCode.INVALID_ARGUMENT)
    response = stub.StreamingInputCall(iter(requests), timeout=TIMEOUT_S, compression=GZIP)
    expect("sum", response.aggregated_payload_size, 73086)


def server_compressed_unary(stub, limits, **_):
    for compressed in True, False:
        request = pb.SimpleRequest(response_compressed=pb.BoolValue(value=compressed), response_size=314159, payload=zeros(271828))
        compression = GZIP if compressed and "mirrors" in limits else NONE
        expect("size", sizes([stub.UnaryCall(request, timeout=TIMEOUT_S, compression=compression)]), [314159])


def server_compressed_streaming(stub, limits, **_):
    parameters = [
        pb.ResponseParameters(size=size, compressed=pb.BoolValue(value=compressed)) for size, compressed in ((31415, True), (92653, False))
    ]
    compression = GZIP if "mirrors" in limits else NONE
    request = pb.StreamingOutputCallRequest(response_parameters=parameters)
    expect("sizes", sizes(stub.StreamingOutputCall(request, timeout=TIMEOUT_S, compression=compression)), [31415, 92653])
