using System.Diagnostics;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Reflection;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Platform.Standins.Tests.Grpc;

public sealed class ReflectionTests
{
    private const string Python = "/usr/bin/python3";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task A_python_client_that_knows_only_the_protocol_finds_a_service_and_calls_it(string version)
    {
        var installed = File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/grpc");
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.True(installed, "Install Debian's python3-grpcio.");

        Assert.SkipUnless(installed, "python3-grpcio is not installed.");
        await using var server = await StartAsync();

        var lines = await RunAsync([Path.Combine(AppContext.BaseDirectory, "Grpc", "reflect.py"), server.Address.Authority, version]);

        Assert.Equal(
            [
                "services: grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection platform.standins.tests.Echo",
                "symbol: Grpc/echo.proto Grpc/note.proto google/protobuf/descriptor.proto",
                "file: google/protobuf/descriptor.proto",
                "extension: Grpc/note.proto",
                "numbers: 50100",
                "none: extensions",
                "errors: 5 5 5 5 3",
                "reply: known by reflection alone",
            ],
            lines);
    }

    [Fact]
    public async Task A_service_over_given_descriptors_names_only_those()
    {
        var service = new ReflectionV1ServiceImpl(Echo.Descriptor);
        await using var server = await EchoServer.StartAsync(services: services => services.AddSingleton(service), map: app => app.MapGrpcService<ReflectionV1ServiceImpl>());
        using var call = new ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo(cancellationToken: Cancellation);

        await call.RequestStream.WriteAsync(new ServerReflectionRequest { Host = "here", ListServices = "" }, Cancellation);
        Assert.True(await call.ResponseStream.MoveNext(Cancellation));

        Assert.Equal("here", call.ResponseStream.Current.ValidHost);
        Assert.Equal([Echo.Descriptor.FullName], call.ResponseStream.Current.ListServicesResponse.Service.Select(listed => listed.Name));
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Cancellation));
    }

    [Fact]
    public void A_registry_finds_what_its_files_define_and_import()
    {
        var registry = SymbolRegistry.FromFiles([EchoReflection.Descriptor]);

        Assert.Same(EchoReflection.Descriptor, registry.FileByName("Grpc/echo.proto"));
        foreach (var symbol in new[] { "Echo", "Echo.Chat", "EchoRequest", "EchoRequest.blob" })
            Assert.Same(EchoReflection.Descriptor, registry.FileContainingSymbol("platform.standins.tests." + symbol));

        Assert.Same(NoteReflection.Descriptor, registry.FileContainingSymbol("platform.standins.tests.note"));
        Assert.Equal("google/protobuf/descriptor.proto", registry.FileContainingSymbol("google.protobuf.FieldDescriptorProto.Type")?.Name);
        Assert.Null(registry.FileContainingSymbol("platform.standins.tests"));
        Assert.Null(registry.FileByName("echo.proto"));
    }

    [Fact]
    public async Task What_is_asked_of_the_mapping_holds_for_both_versions()
    {
        await using var server = await StartAsync(builder => builder.WithMetadata("guarded"));

        var guarded = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<string>() == "guarded");

        Assert.Equal(
            ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"],
            guarded.Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()!.Method.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Mapping_without_the_services_names_what_is_missing()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => EchoServer.StartAsync(map: app => app.MapGrpcReflectionService()));

        Assert.Contains("AddGrpcReflection", exception.Message, StringComparison.Ordinal);
    }

    private static Task<EchoServer> StartAsync(Action<IEndpointConventionBuilder>? mapped = null) => EchoServer.StartAsync(
        services: services => services.AddGrpcReflection(),
        map: app =>
        {
            var builder = app.MapGrpcReflectionService();
            mapped?.Invoke(builder);
        });

    private static async Task<string[]> RunAsync(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var errors = process.StandardError.ReadToEndAsync(Cancellation);
            var output = await process.StandardOutput.ReadToEndAsync(Cancellation).WaitAsync(2 * EchoServer.Patience, Cancellation);
            await process.WaitForExitAsync(Cancellation);
            Assert.True(process.ExitCode == 0, await errors);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
