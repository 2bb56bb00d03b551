"""Messages, and what stands for the stubs: there is no generator of them in the distribution."""

import test_pb2 as pb

TEST_SERVICE = "grpc.testing.TestService"
INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"

# Method name, shape of the call, request and response.
METHODS = [
    ("EmptyCall", "unary_unary", pb.Empty, pb.Empty),
    ("UnaryCall", "unary_unary", pb.SimpleRequest, pb.SimpleResponse),
    ("StreamingOutputCall", "unary_stream", pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse),
    ("StreamingInputCall", "stream_unary", pb.StreamingInputCallRequest, pb.StreamingInputCallResponse),
    ("FullDuplexCall", "stream_stream", pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse),
    ("UnimplementedCall", "unary_unary", pb.Empty, pb.Empty),
]


class Stub:
    """One callable per method."""

    def __init__(self, channel, service=TEST_SERVICE):
        for name, shape, request, response in METHODS:
            call = getattr(channel, shape)(f"/{service}/{name}", request.SerializeToString, response.FromString)
            setattr(self, name, call)


def zeros(size):
    return pb.Payload(body=bytes(size))
