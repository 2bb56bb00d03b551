using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Platform.Oms;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Oms;
using Platform.Runner.Drivers.Oms.Rpc;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Oms.Rpc;

/// <summary>The peers of this folder, built once: a server by grpc-go and one by grpcio, and the descriptors of what they serve.</summary>
public sealed class RpcPeers : IAsyncLifetime
{
    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(3);
    private readonly List<Process> started = [];
    private readonly Lazy<int> everything;

    public RpcPeers() => everything = new(() => Start("/usr/bin/python3", "everything.py"));

    /// <summary>Holds the descriptors, and serves as the bundle of all calls.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("rpc-peers-").FullName;

    internal const string Greeter = "greeter.binpb", Everything = "everything.binpb";

    public ValueTask InitializeAsync()
    {
        var needed = new[]
        {
            "/usr/bin/go", "/usr/bin/protoc", "/usr/bin/protoc-gen-go", "/usr/share/gocode/src/google.golang.org/grpc/reflection/serverreflection.go",
            "/usr/lib/python3/dist-packages/grpc/__init__.py", "/usr/lib/python3/dist-packages/google/protobuf/json_format.py",
        };
        if (!needed.All(File.Exists))
        {
            const string packages = "golang-go, protobuf-compiler, protoc-gen-go-1-3, golang-google-grpc-dev, python3-grpcio and python3-protobuf";
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail($"The Debian packages {packages} are needed.");
            Assert.Skip($"Of the Debian packages {packages} not all are installed.");
        }

        var peers = Path.Combine(RepositoryFolderAttribute.Value, "tests/Runner.Tests/Oms/Rpc/peers");
        foreach (var file in Directory.EnumerateFiles(peers, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        Shell($"""
            protoc --include_imports --descriptor_set_out={Greeter} --include_source_info greeter.proto
            protoc --include_imports --descriptor_set_out={Everything} --include_source_info everything.proto
            protoc --python_out=. everything.proto legacy.proto
            protoc --go_out=plugins=grpc,Mgoogle/protobuf/empty.proto=github.com/golang/protobuf/ptypes/empty:. greeter.proto parts.proto
            GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode CGO_ENABLED=0 go build -o greeter .
            """);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var process in started)
        {
            // Its end is theirs.
            process.StandardInput.Close();
            if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
                process.Kill();
            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <returns>Its port on loopback.</returns>
    public int StartGreeter(params string[] arguments) => Start(Path.Combine(Folder, "greeter"), arguments);

    /// <summary>Of the server of everything.proto, started once.</summary>
    public int EverythingPort => everything.Value;

    public void Shell(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", script]) { WorkingDirectory = Folder, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(BuildTimeout) && process.ExitCode == 0, $"{script}: {errors}");
    }

    private int Start(string program, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        lock (started)
            started.Add(process);
        return int.Parse(process.StandardOutput.ReadLine() ?? "0", CultureInfo.InvariantCulture);
    }
}

/// <summary>Calls actions as a driver does.</summary>
internal sealed class RpcCalls : IDisposable
{
    private readonly RpcPeers peers;
    private readonly int port;
    private readonly RpcChannels channels;
    private readonly RpcAction action;

    /// <param name="port">Of the service.</param>
    /// <param name="allow">For the outbound guard.</param>
    public RpcCalls(RpcPeers peers, int port, string? allow = null)
    {
        (this.peers, this.port) = (peers, port);
        channels = new(new OutboundGuard(new ConfigurationBuilder().AddInMemoryCollection(allow is null ? [] : [new("Outbound:Allow:0", allow)]).Build()));
        action = new(channels, new());
    }

    public List<string> Progress { get; } = [];

    public long MaxResultBytes { get; set; } = 64 << 20;

    /// <summary>Null: by reflection.</summary>
    public string? Descriptors { get; set; }

    public OmsRpc Rpc => new(null, null, port, false, null, null);

    public async Task<ActionAnswer> AnswerAsync(string name, string arguments, OmsRpc? rpc = null, CancellationToken? cancel = null)
    {
        var (used, oms) = (rpc ?? Rpc, new OmsAction(name, "", false, [], new(), rpc ?? Rpc));
        var work = new ActionWork(null!, "", name, arguments, Guid.CreateVersion7(), _ => { }, (text, _) => Progress.Add(text), MaxResultBytes);
        return await action.InvokeAsync(
            new(oms, (JsonObject)JsonNode.Parse(arguments)!, new Loopback(), peers.Folder, Descriptors, work), used, cancel ?? TestContext.Current.CancellationToken);
    }

    public async Task<string> ResultAsync(string name, string arguments, OmsRpc? rpc = null)
    {
        var answer = await AnswerAsync(name, arguments, rpc);
        Assert.True(answer.Error is null, $"{answer.Error} {string.Join("; ", answer.Error?.Violations ?? [])}");
        return Encoding.UTF8.GetString(answer.Result!);
    }

    public async Task<ActionError> ErrorAsync(string name, string arguments, OmsRpc? rpc = null) => (await AnswerAsync(name, arguments, rpc)).Error!;

    public async Task<RunFault> FaultAsync(string name, string arguments, OmsRpc? rpc = null) =>
        (await Assert.ThrowsAsync<RunFaultException>(() => AnswerAsync(name, arguments, rpc))).Fault;

    public Task<IReadOnlyList<Parameter>> ParametersAsync(string name, OmsRpc? rpc = null) => action.ParametersAsync(
        new(name, "", false, [], new(), rpc ?? Rpc), rpc ?? Rpc, new Loopback(), peers.Folder, Descriptors, TestContext.Current.CancellationToken);

    public void Dispose() => channels.Dispose();

    private sealed class Loopback : OmsServer
    {
        public override string Isolation => "server";

        public override Uri AddressOf(int port) => new($"http://127.0.0.1:{port}");

        public override Task<CommandOutcome> ExecuteAsync(IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel) => throw new NotSupportedException();
    }
}
