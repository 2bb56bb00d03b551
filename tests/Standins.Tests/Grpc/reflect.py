"""A client of gRPC server reflection that knows nothing but the protocol: it lists the services, fetches the file of one,
makes its messages and calls it. Usage: reflect.py HOST:PORT VERSION."""
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

address, version = sys.argv[1:]
package = f"grpc.reflection.{version}"
PROTOCOL = text_format.Parse(f"""
name: "reflection.proto" package: "{package}" syntax: "proto3"
message_type {{ name: "Request"
  field {{ name: "file_by_filename" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL oneof_index: 0 }}
  field {{ name: "file_containing_symbol" number: 4 type: TYPE_STRING label: LABEL_OPTIONAL oneof_index: 0 }}
  field {{ name: "file_containing_extension" number: 5 type: TYPE_MESSAGE type_name: ".{package}.Extension" label: LABEL_OPTIONAL oneof_index: 0 }}
  field {{ name: "all_extension_numbers_of_type" number: 6 type: TYPE_STRING label: LABEL_OPTIONAL oneof_index: 0 }}
  field {{ name: "list_services" number: 7 type: TYPE_STRING label: LABEL_OPTIONAL oneof_index: 0 }}
  oneof_decl {{ name: "message_request" }} }}
message_type {{ name: "Extension"
  field {{ name: "containing_type" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }}
  field {{ name: "extension_number" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL }} }}
message_type {{ name: "Response"
  field {{ name: "original_request" number: 2 type: TYPE_MESSAGE type_name: ".{package}.Request" label: LABEL_OPTIONAL }}
  field {{ name: "files" number: 4 type: TYPE_MESSAGE type_name: ".{package}.Files" label: LABEL_OPTIONAL oneof_index: 0 }}
  field {{ name: "extensions" number: 5 type: TYPE_MESSAGE type_name: ".{package}.Extensions" label: LABEL_OPTIONAL oneof_index: 0 }}
  field {{ name: "services" number: 6 type: TYPE_MESSAGE type_name: ".{package}.Services" label: LABEL_OPTIONAL oneof_index: 0 }}
  field {{ name: "error" number: 7 type: TYPE_MESSAGE type_name: ".{package}.Error" label: LABEL_OPTIONAL oneof_index: 0 }}
  oneof_decl {{ name: "message_response" }} }}
message_type {{ name: "Files" field {{ name: "file" number: 1 type: TYPE_BYTES label: LABEL_REPEATED }} }}
message_type {{ name: "Extensions" field {{ name: "type" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }} field {{ name: "number" number: 2 type: TYPE_INT32 label: LABEL_REPEATED }} }}
message_type {{ name: "Services" field {{ name: "service" number: 1 type: TYPE_MESSAGE type_name: ".{package}.Service" label: LABEL_REPEATED }} }}
message_type {{ name: "Service" field {{ name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }} }}
message_type {{ name: "Error" field {{ name: "code" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL }} }}
""", descriptor_pb2.FileDescriptorProto())


def message(pool, name):
    descriptor = pool.FindMessageTypeByName(name)
    newer = getattr(message_factory, "GetMessageClass", None)
    return newer(descriptor) if newer else message_factory.MessageFactory(pool).GetPrototype(descriptor)


own = descriptor_pool.DescriptorPool()
own.Add(PROTOCOL)
Request = message(own, f"{package}.Request")
Response = message(own, f"{package}.Response")

with grpc.insecure_channel(address) as channel:
    ask = channel.stream_stream(
        f"/{package}.ServerReflection/ServerReflectionInfo",
        request_serializer=Request.SerializeToString, response_deserializer=Response.FromString)
    requests = [
        Request(list_services=""),
        Request(file_containing_symbol="platform.standins.tests.Echo.Say"),
        Request(file_by_filename="google/protobuf/descriptor.proto"),
        Request(file_containing_extension={"containing_type": "google.protobuf.MethodOptions", "extension_number": 50100}),
        Request(all_extension_numbers_of_type="google.protobuf.MethodOptions"),
        Request(all_extension_numbers_of_type="google.protobuf.FileOptions"),
        Request(file_containing_symbol="platform.standins.tests.Echo.Shout"),
        Request(file_by_filename="nowhere.proto"),
        Request(file_containing_extension={"containing_type": "google.protobuf.MethodOptions", "extension_number": 1}),
        Request(all_extension_numbers_of_type="nowhere.Message"),
        Request(),
    ]
    answers = list(ask(iter(requests), timeout=20))
    assert [answer.original_request for answer in answers] == requests
    files = [[descriptor_pb2.FileDescriptorProto.FromString(file) for file in answer.files.file] for answer in answers]
    print("services:", *sorted(service.name for service in answers[0].services.service))
    print("symbol:", *(file.name for file in files[1]))
    print("file:", *(file.name for file in files[2]))
    print("extension:", files[3][0].name)
    print("numbers:", *answers[4].extensions.number)
    print("none:", answers[5].WhichOneof("message_response"), *answers[5].extensions.number)
    print("errors:", *(answer.error.code for answer in answers[6:]))

    # What imports comes before what is imported in an answer, and after it in a pool.
    found = descriptor_pool.DescriptorPool()
    for file in reversed(files[1]):
        found.Add(file)
    method = found.FindServiceByName("platform.standins.tests.Echo").FindMethodByName("Say")
    EchoRequest = message(found, method.input_type.full_name)
    EchoReply = message(found, method.output_type.full_name)
    say = channel.unary_unary(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=EchoRequest.SerializeToString, response_deserializer=EchoReply.FromString)
    print("reply:", say(EchoRequest(text="known by reflection alone"), timeout=20).text)
