"""A connector of the platform's own protocol in Python, without a plugin library: it says what its options tell it to say.

Started as `connector.py [FILE]`; the file has the specification as JSON. Options and arguments:
  {"messages": [SyncMessage or ActionMessage as JSON, ...], "status": ["UNAVAILABLE", "text"], "hang": true, "exit": 3, "checks": [...],
   "after": {STATE: script, ...}}
The last says what a sync does that is given such a state.
"""
import json
import os
import sys
import threading
from concurrent import futures

import grpc
from google.protobuf import json_format

import connector_pb2 as v1

SERVICE = "platform.connector.v1.Connector"


def say(kind, script, context):
    for message in script.get("messages", []):
        repeat = message.pop("repeat", 1)
        said = json_format.ParseDict(message, kind())
        for _ in range(repeat):
            yield said
    if "log" in script:
        print(script["log"], file=sys.stderr, flush=True)
    if script.get("hang"):
        gone = threading.Event()
        context.add_callback(gone.set)
        gone.wait()
        print("the call was cancelled", file=sys.stderr, flush=True)
    if "exit" in script:
        os._exit(script["exit"])
    if "status" in script:
        code, text = script["status"]
        context.abort(grpc.StatusCode[code], text)


def specify(request, context):
    if len(sys.argv) < 2:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "nothing to say")
    with open(sys.argv[1], encoding="utf-8") as file:
        return json_format.Parse(file.read(), v1.Specification())


def check(request, context):
    script = json.loads(request.config)
    list(say(v1.ActionMessage, {**script, "messages": []}, context))
    return json_format.ParseDict({"checks": script.get("checks", [])}, v1.CheckReply())


def sync(request, context):
    script = json.loads(request.config)
    for given in request.states:
        script = script.get("after", {}).get(given.state.decode(), script)
    if script.get("tell_request"):
        asked = {"states": {s.stream: s.state.decode() for s in request.states}, "streams": list(request.streams)}
        continuable = [s.stream for s in request.states if s.continuable]
        if continuable:
            asked["continuable"] = continuable
        yield v1.SyncMessage(result=json.dumps(asked, sort_keys=True))
    yield from say(v1.SyncMessage, script, context)


def invoke(request, context):
    if request.action != "say":
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "no such action")
    yield from say(v1.ActionMessage, json.loads(request.arguments), context)


def main():
    if os.environ.get("BASIC_PLUGIN") != "hello":
        sys.exit("This is a connector: a platform starts it.")
    stopped = threading.Event()

    def shutdown(request, context):
        stopped.set()
        return b""

    server = grpc.server(futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((
        grpc.method_handlers_generic_handler(SERVICE, {
            "Specify": grpc.unary_unary_rpc_method_handler(specify, v1.SpecifyRequest.FromString, v1.Specification.SerializeToString),
            "Check": grpc.unary_unary_rpc_method_handler(check, v1.CheckRequest.FromString, v1.CheckReply.SerializeToString),
            "Sync": grpc.unary_stream_rpc_method_handler(sync, v1.SyncRequest.FromString, v1.SyncMessage.SerializeToString),
            "Invoke": grpc.unary_stream_rpc_method_handler(invoke, v1.InvokeRequest.FromString, v1.ActionMessage.SerializeToString),
        }),
        # Two of the plugin transport's services, without messages worth decoding: a ping that is answered SERVING, and the end.
        grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08\x01")}),
        grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": grpc.unary_unary_rpc_method_handler(shutdown)}),
    ))
    path = os.path.join(os.environ["PLUGIN_UNIX_SOCKET_DIR"], f"p{os.getpid()}")
    server.add_insecure_port(f"unix:{path}")
    server.start()
    print(f"1|3|unix|{path}|grpc|", flush=True)
    stopped.wait()
    server.stop(0).wait()


main()
