using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Platform.Runner.Drivers.Oms.Rpc;

namespace Platform.Runner.Tests.Oms.Rpc;

/// <summary>Descriptors that anybody may have made, in a file or by reflection.</summary>
public sealed class RpcDescriptorTests(RpcPeers peers) : IClassFixture<RpcPeers>
{
    private byte[] Greeter => File.ReadAllBytes(Path.Combine(peers.Folder, RpcPeers.Greeter));

    [Fact]
    public void Bytes_that_are_no_descriptors_are_one_fault_whatever_is_wrong_with_them()
    {
        var set = FileDescriptorSet.Parser.ParseFrom(Greeter);
        var greeter = set.File.Single(f => f.Name == "greeter.proto");
        FileDescriptorProto With(Action<FileDescriptorProto> change)
        {
            var copy = greeter.Clone();
            change(copy);
            return copy;
        }

        var others = set.File.Where(f => f != greeter).ToList();
        foreach (var (wrong, part) in ((IReadOnlyCollection<FileDescriptorProto>, string)[])
                 [
                     ([greeter], "imports parts.proto, which is missing"), ([.. set.File, greeter], "there twice"), ([.. others, With(f => f.Dependency.Add("greeter.proto"))], "imports itself"),
                     ([.. others, With(f => f.Syntax = "editions")], "editions"), ([.. others, With(f => f.Dependency.Clear())], ""), ([.. others, With(f => f.Service[0].Method[0].InputType = ".no.Such")], "no.Such"),
                     ([.. others, With(f => f.MessageType[0].Field[0].Number = 0)], ""), ([.. others, With(f => f.MessageType[0].Field[1].Number = 1)], ""), ([.. others, With(f => f.MessageType.Add(f.MessageType[0]))], ""),
                     ([new() { Name = "google/protobuf/timestamp.proto", Package = "google.protobuf", Syntax = "proto3", MessageType = { new DescriptorProto { Name = "Timestamp" } } }], "is not Google's"),
                     ([.. Enumerable.Range(0, 1001).Select(i => new FileDescriptorProto { Name = $"{i}" })], "more than 1000 files"),
                 ])
        {
            var fault = Assert.Throws<RunFaultException>(() => RpcTypes.Build(wrong)).Fault;
            Assert.Equal("bad_descriptors", fault.Code);
            Assert.Contains(part, fault.Message, StringComparison.Ordinal);
        }

        foreach (var bytes in (byte[][])[[1], [0x0a, 0x05], new byte[RpcTypes.MaxBytes + 1]])
            Assert.Equal("bad_descriptors", Assert.Throws<RunFaultException>(() => RpcTypes.Read(bytes)).Fault.Code);
        Assert.Empty(RpcTypes.Read([]).Methods);
    }

    [Fact]
    public void Descriptors_in_which_any_byte_is_another_are_read_or_refused()
    {
        var random = new Random(7);
        var set = Greeter;
        var refused = 0;
        for (var i = 0; i < 3000; i++)
        {
            var bytes = (byte[])set.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                foreach (var method in RpcTypes.Read(bytes).Methods)
                    _ = RpcParameters.Of(method);
            }
            catch (RunFaultException e)
            {
                Assert.Equal("bad_descriptors", e.Fault.Code);
                refused++;
            }
        }

        Assert.InRange(refused, 100, 2999);
    }

    [Fact]
    public async Task Reflection_of_version_1_is_asked_first_for_imports_too_and_only_once_in_a_while()
    {
        var files = FileDescriptorSet.Parser.ParseFrom(Greeter).File.ToDictionary(f => f.Name);
        var asked = new List<string>();
        await using var server = await StartAsync(request =>
        {
            lock (asked)
                asked.Add(request.MessageRequestCase == ServerReflectionRequest.MessageRequestOneofCase.FileByFilename ? request.FileByFilename : request.FileContainingSymbol + request.ListServices);
            return request.MessageRequestCase == ServerReflectionRequest.MessageRequestOneofCase.ListServices
                ? Services("grpc.reflection.v1.ServerReflection", "platform.test.greeter.Greeter", "platform.test.greeter.Other")
                : Files(files[request.MessageRequestCase == ServerReflectionRequest.MessageRequestOneofCase.FileByFilename ? request.FileByFilename : "greeter.proto"]);
        });
        using var calls = new RpcCalls(peers, Port(server));

        Assert.Equal(["text"], (await calls.ParametersAsync("say_twice")).Select(p => p.Name));
        Assert.Equal(["to", "filling", "failAfter"], (await calls.ParametersAsync("count")).Select(p => p.Name));
        Assert.Equal(["*", "platform.test.greeter.Greeter", "platform.test.greeter.Other", "parts.proto"], asked);
    }

    public static TheoryData<string, string> Liars => new()
    {
        { "nothing", "rpc_no_reflection" }, { "silence", "rpc_no_reflection" }, { "errors", "rpc_no_reflection" }, { "garbage", "bad_descriptors" },
        { "other", "bad_descriptors" }, { "chain", "bad_descriptors, rpc_no_reflection" }, { "flood", "bad_descriptors" },
    };

    [Theory, MemberData(nameof(Liars))]
    public async Task A_service_that_tells_nonsense_of_itself_is_bounded(string lie, string code)
    {
        var count = 0;
        await using var server = await StartAsync(request => (lie, request.MessageRequestCase) switch
        {
            ("nothing", _) => Services(),
            ("silence", _) => null,
            ("errors", _) => new() { ErrorResponse = new() { ErrorCode = 5, ErrorMessage = "no such thing" } },
            (_, ServerReflectionRequest.MessageRequestOneofCase.ListServices) => Services("x.Service"),
            ("garbage", _) => new() { FileDescriptorResponse = new() { FileDescriptorProto = { ByteString.CopyFrom(1, 2, 3) } } },
            ("other", _) => Files(new FileDescriptorProto { Name = "a.proto", Dependency = { "b.proto" } }),
            // Each file imports one more.
            ("chain", _) => Files(new FileDescriptorProto { Name = $"{count}.proto", Dependency = { $"{++count}.proto" } }),
            _ => Files(new FileDescriptorProto { Name = $"{count}.proto", Dependency = { $"{++count}.proto" }, Options = new() { JavaPackage = new string('x', 1 << 20) } }),
        });
        using var calls = new RpcCalls(peers, Port(server));

        // By their number or by time, whichever ends first.
        Assert.Contains((await calls.FaultAsync("say_twice", "{}")).Code, code.Split(", "));
    }

    private static ServerReflectionResponse Services(params string[] names) =>
        new() { ListServicesResponse = new() { Service = { names.Select(n => new ServiceResponse { Name = n }) } } };

    private static ServerReflectionResponse Files(params FileDescriptorProto[] files) =>
        new() { FileDescriptorResponse = new() { FileDescriptorProto = { files.Select(f => f.ToByteString()) } } };

    private static int Port(WebApplication server) =>
        new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    private static async Task<WebApplication> StartAsync(Func<ServerReflectionRequest, ServerReflectionResponse?> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new Reflection(answer));
        var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<Reflection>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    /// <param name="answer">Null ends the conversation.</param>
    public sealed class Reflection(Func<ServerReflectionRequest, ServerReflectionResponse?> answer) : Grpc.Reflection.V1.ServerReflection.ServerReflectionBase
    {
        public override async Task ServerReflectionInfo(
            IAsyncStreamReader<ServerReflectionRequest> requests, IServerStreamWriter<ServerReflectionResponse> responses, ServerCallContext context)
        {
            while (await requests.MoveNext(context.CancellationToken) && answer(requests.Current) is { } response)
                await responses.WriteAsync(response);
        }
    }
}
