using System.Text;
using Microsoft.AspNetCore.Http;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

public sealed class CompileProtosTests
{
    private const string Good = "syntax = \"proto3\";\npackage a;\nimport \"google/protobuf/timestamp.proto\";\nmessage M { google.protobuf.Timestamp at = 1; }\n";

    public static TheoryData<string> Isolations => BuildTests.Isolations;

    [Theory, MemberData(nameof(Isolations))]
    public async Task Descriptors_of_a_file_and_all_that_it_imports_lie_in_the_source(string isolation)
    {
        using var place = new Workplace(options => options.Isolation = isolation);
        var source = place.Source("service",
            ("oms.yml", ""), ("api/v1/api.proto", "syntax = \"proto3\";\nimport \"beside.proto\";\nimport \"v1/above.proto\";\nimport \"api/v1/root.proto\";\nmessage A { B b = 1; C c = 2; a.M m = 3; }\n"),
            ("api/v1/beside.proto", "syntax = \"proto3\";\nmessage B {}\n"), ("api/v1/above.proto", "syntax = \"proto3\";\nmessage C {}\n"), ("api/v1/root.proto", Good));

        var made = await CompileAsync(place, source, "api/v1/api.proto", "./api/v1/beside.proto");

        Assert.Equal(["api/v1/api.proto", "./api/v1/beside.proto"], made.Keys);
        var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Combine(source, made["api/v1/api.proto"]), TestContext.Current.CancellationToken));
        foreach (var name in (string[])["api/v1/api.proto", "beside.proto", "v1/above.proto", "google/protobuf/timestamp.proto"])
            Assert.Contains(name, text, StringComparison.Ordinal);
        Assert.All(made.Values, path => Assert.StartsWith(".platform/descriptors/", path, StringComparison.Ordinal));
        Assert.Equal(2, made.Values.Distinct().Count());
    }

    [Theory, MemberData(nameof(Isolations))]
    public async Task A_file_that_does_not_compile_is_told_with_line_and_column(string isolation)
    {
        using var place = new Workplace(options => options.Isolation = isolation);
        var source = place.Source("service", ("api.proto", "syntax = \"proto3\";\nmessage M {\n  strin name = 1;\n  int32 size = 1;\n}\n"), ("missing.proto", "syntax = \"proto3\";\nimport \"gone.proto\";\n"));

        var error = await FailAsync(place, source, "api.proto");
        Assert.Equal("proto_invalid", error.Code);
        Assert.Contains("api.proto, line 3, column 3: \"strin\" is not defined", error.Message, StringComparison.Ordinal);
        Assert.Contains("api.proto, line 4, column 16: Field number 1", error.Message, StringComparison.Ordinal);

        var missing = await FailAsync(place, source, "missing.proto");
        Assert.Contains("gone.proto", missing.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(source, ".platform")));
    }

    [Theory]
    [InlineData("missing.proto", "proto_not_found")]
    [InlineData("folder", "proto_not_found")]
    [InlineData("large.proto", "proto_too_large")]
    [InlineData("../service/api.proto", "proto_bad_uri")]
    [InlineData("/etc/passwd", "proto_bad_uri")]
    [InlineData("--version", "proto_bad_uri")]
    [InlineData("@arguments", "proto_bad_uri")]
    [InlineData("a:b.proto", "proto_bad_uri")]
    [InlineData("", "proto_bad_uri")]
    [InlineData("ftp://example.com/api.proto", "proto_bad_uri")]
    [InlineData("http://127.0.0.1:1/api.proto", "outbound_refused")]
    [InlineData("git@127.0.0.1:group/repo.git/api.proto", "outbound_refused")]
    [InlineData("https://127.0.0.1:1/group/repo.git/api.proto", "outbound_refused")]
    [InlineData("file:///etc/repo.git/api.proto", "local_not_allowed")]
    public async Task What_is_no_proto_is_refused(string uri, string code)
    {
        using var place = new Workplace();
        var source = place.Source("service", ("api.proto", Good), ("folder/x", ""), ("large.proto", new string(' ', 5 << 20)), ("@arguments", "--version"));
        Assert.Equal(code, (await FailAsync(place, source, uri)).Code);
    }

    [Fact]
    public async Task A_file_by_http_is_fetched_through_the_guard()
    {
        await using var server = await FileServer.StartAsync(context => context.Response.WriteAsync(Good));
        using var place = new Workplace(allow: "127.0.0.1");
        var made = await CompileAsync(place, place.Source("service", ("oms.yml", "")), $"{server.Address}/protos/api.proto?token=hunter22");

        Assert.Equal(["/protos/api.proto"], server.Requests.Select(r => r.Path));
        Assert.Single(made);
        Assert.DoesNotContain("hunter22", string.Join('\n', place.Logs.Read(Install).Select(l => l.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_a_repository_is_fetched_with_what_it_imports_there()
    {
        using var certificate = FileServer.Certificate();
        using var repositories = new Workplace();
        repositories.Source("group/repo.git", ("proto/api.proto", "syntax = \"proto3\";\nimport \"proto/parts.proto\";\nmessage A { a.M m = 1; }\n"), ("proto/parts.proto", Good));
        Workplace.Shell("git init -q -b main . && git add . && git commit -qm one && git tag v1 && git rm -q proto/api.proto && git commit -qm two", Path.Combine(repositories.Roots, "group/repo.git"));
        await using var server = await GitServer.StartHttpsAsync(repositories.Roots, certificate);
        var trusted = Path.Combine(repositories.Folder, "trusted.pem");
        await File.WriteAllTextAsync(trusted, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        using var place = new Workplace(allow: "127.0.0.1", git: new GitOptions { CaFile = trusted });
        var source = place.Source("service", ("oms.yml", ""));
        var uri = $"{server.Address}/group/repo.git/proto/api.proto";

        Assert.Single(await CompileAsync(place, source, uri + "#v1"));
        Assert.Equal("proto_not_found", (await FailAsync(place, source, uri)).Code);
        using var local = new Workplace();
        local.Source("repo.git", ("api.proto", Good));
        Workplace.Shell("git init -q -b main . && git add . && git commit -qm one", Path.Combine(local.Roots, "repo.git"));
        Assert.Single(await CompileAsync(local, local.Source("service", ("oms.yml", "")), $"file://{local.Roots}/repo.git/api.proto"));
    }

    [Fact]
    public async Task Links_in_the_source_lead_the_descriptors_nowhere()
    {
        using var place = new Workplace();
        var source = place.Source("service", ("api.proto", Good));
        var outside = Directory.CreateDirectory(Path.Combine(place.Folder, "outside")).FullName;
        File.CreateSymbolicLink(Path.Combine(source, ".platform"), outside);

        var made = await CompileAsync(place, source, "api.proto");

        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.True(File.Exists(Path.Combine(source, made.Values.Single())));
    }

    private static readonly Guid Install = Guid.CreateVersion7();

    private static async Task<IReadOnlyDictionary<string, string>> CompileAsync(Workplace place, string source, params string[] uris)
    {
        var log = place.Logs.Open(Install);
        try
        {
            return await place.Protos.RunAsync(
                Install, uris, source, Directory.CreateDirectory(Path.Combine(place.Folder, $"work-{Guid.CreateVersion7()}")).FullName, log, TestContext.Current.CancellationToken);
        }
        finally
        {
            place.Logs.Close(Install);
        }
    }

    private static async Task<InstallError> FailAsync(Workplace place, string source, string uri) =>
        (await Assert.ThrowsAsync<InstallFailedException>(() => CompileAsync(place, source, uri))).Error;
}
