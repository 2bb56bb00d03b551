"""A go-plugin process on grpcio, as small as its start needs: the handshake and the health check that hosts ping with."""

import concurrent.futures
import os
import sys

import grpc

SERVING = b"\x08\x01"  # HealthCheckResponse { status = SERVING }

if os.environ.get("BASIC_PLUGIN") != "hello":
    sys.exit("This is a connector: a host starts it.")

server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=4))
check = grpc.unary_unary_rpc_method_handler(lambda request, context: SERVING)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check}),))
socket = os.path.join(os.environ["PLUGIN_UNIX_SOCKET_DIR"], "plugin")
server.add_insecure_port("unix:" + socket)
server.start()
print(f"1|1|unix|{socket}|grpc|", flush=True)
server.wait_for_termination()
