using System.Text.Json;
using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Tests;

/// <summary>Described services that need no container engine.</summary>
public sealed class ServiceInstallTests
{
    internal const string Description = """
        oms: 1
        info: { title: demo, version: 1.0.0, description: A demo }
        actions:
          count:
            format: { command: [./count] }
            arguments: { text: { type: string } }
            output: { type: int }
        """;

    private const string Nowhere = "/nowhere/docker.sock";

    [Theory]
    [InlineData("oms.yml")]
    [InlineData("microservice.yaml")]
    public async Task A_source_without_a_Dockerfile_runs_as_a_process(string name)
    {
        using var place = new Workplace(engine: Nowhere);
        var (status, tree) = await place.SucceedAsync(Workplace.Service(place.Source("source", (name, Description), ("count", "#!/bin/sh"))));

        Assert.Equal(new ServiceRuntime(ServiceKinds.Process, name), Runtime(tree));
        Assert.Null(status.Warnings);
        Assert.Contains("1 actions", place.LogText(status));
        Assert.True(File.Exists($"{tree}/count"));
    }

    [Fact]
    public async Task The_same_source_is_the_same_bundle_and_another_digest_than_its_files_have()
    {
        using var place = new Workplace(engine: Nowhere);
        var manifest = Workplace.Service(place.Source("source", ("oms.yml", Description)));
        var (first, second) = (await place.RunAsync(manifest), await place.RunAsync(manifest));

        Assert.Equal(first.Digest, second.Digest);
        Assert.NotNull(first.SourceDigest);
        Assert.NotEqual(first.Digest, first.SourceDigest);
        Assert.Equal(first.SourceDigest, (await place.FetchAsync(manifest, new(null, first.SourceDigest, null, false))).SourceDigest);
    }

    [Fact]
    public async Task The_file_may_lie_elsewhere_and_what_the_install_command_makes_counts()
    {
        using var place = new Workplace(engine: Nowhere);
        var (_, tree) = await place.SucceedAsync(Workplace.Service(
            place.Source("source", ("service.yml", Description)), install: "mkdir deploy && mv service.yml deploy/", describedBy: "deploy/service.yml"));

        Assert.Equal("deploy/service.yml", Runtime(tree).Description);
    }

    [Fact]
    public async Task Warnings_come_with_line_and_column_and_a_bad_action_does_not_take_the_others_with_it()
    {
        using var place = new Workplace(engine: Nowhere);
        var status = await place.RunAsync(Workplace.Service(place.Source("source", ("oms.yml", Description + "\n  odd:\n    http: { method: brew, port: 1, path: /a }\nnonsense: 1\n"))));

        Assert.Equal(InstallState.Succeeded, status.State);
        Assert.Contains(status.Warnings!, w => w.Message.Contains("oms.yml, line ", StringComparison.Ordinal) && w.Message.Contains("nonsense", StringComparison.Ordinal));
        Assert.Contains(status.Warnings!, w => w.Code == "action_unusable" && w.Message.Contains("odd", StringComparison.Ordinal));
        Assert.All(status.Warnings!, w => Assert.Contains(w.Message, place.LogText(status), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Warnings_are_bounded_and_the_log_has_all_of_them()
    {
        using var place = new Workplace(engine: Nowhere);
        var unknown = string.Concat(Enumerable.Range(0, 30).Select(i => $"\nnonsense{i}: 1"));
        var status = await place.RunAsync(Workplace.Service(place.Source("source", ("oms.yml", Description + unknown))));

        Assert.Equal(21, status.Warnings!.Count);
        Assert.Equal("more_warnings", status.Warnings[^1].Code);
        Assert.Contains("nonsense29", place.LogText(status), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("readme", "x", "description_missing", "oms.yml, oms.yaml, microservice.yml, microservice.yaml")]
    [InlineData("oms.yml", "a: [", "description_invalid", "oms.yml, line ")]
    [InlineData("oms.yml", "oms: 1\nactions: {}", "nothing_usable", "declares no actions")]
    [InlineData("oms.yml", "oms: 1\nactions:\n  odd:\n    http: { method: brew, port: 1, path: /a }", "nothing_usable", "odd")]
    public async Task What_can_t_be_used_is_refused_with_a_reason(string name, string content, string code, string part)
    {
        using var place = new Workplace(engine: Nowhere);
        var error = await place.FailAsync(Workplace.Service(place.Source("source", (name, content))));

        Assert.Equal(code, error.Code);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Remedy);
    }

    [Theory]
    [InlineData("mkdir .platform", "reserved_folder")]
    [InlineData("ln -s / .platform", "reserved_folder")]
    [InlineData("rm oms.yml; ln -s /etc/hostname oms.yml", "description_missing")]
    [InlineData("rm oms.yml; mkdir oms.yml", "description_missing")]
    public async Task A_source_can_t_write_the_platforms_own_files_or_have_others_read(string command, string code)
    {
        using var place = new Workplace(engine: Nowhere);
        Assert.Equal(code, (await place.FailAsync(Workplace.Service(place.Source("source", ("oms.yml", Description)), install: command))).Code);
    }

    [Fact]
    public async Task Without_an_engine_a_Dockerfile_is_an_error_unless_an_install_command_makes_it_run_without()
    {
        using var place = new Workplace(engine: Nowhere);
        var source = place.Source("source", ("oms.yml", Description), ("Dockerfile", "FROM scratch"));
        var error = await place.FailAsync(Workplace.Service(source));
        var (status, tree) = await place.SucceedAsync(Workplace.Service(source, install: "true"));

        Assert.Equal("container_engine_unavailable", error.Code);
        Assert.Contains(Nowhere, error.Message, StringComparison.Ordinal);
        Assert.Contains("Dockerfile", error.Message, StringComparison.Ordinal);
        Assert.Equal(ServiceKinds.Process, Runtime(tree).Kind);
        Assert.Equal("no_container_engine", Assert.Single(status.Warnings!).Code);
    }

    [Fact]
    public async Task An_image_needs_an_engine()
    {
        using var place = new Workplace(engine: Nowhere);
        Assert.Equal("container_engine_unavailable", (await place.FailAsync(Workplace.Service("demo:1", "Image"))).Code);
    }

    [Fact]
    public async Task Of_a_server_the_description_is_fetched_and_kept_with_what_it_names()
    {
        await using var server = await FileServer.StartAsync(async context =>
        {
            var isDescription = context.Request.Path == "/docs/oms.yml";
            await context.Response.Body.WriteAsync(isDescription ? System.Text.Encoding.UTF8.GetBytes(Rpc) : "syntax = \"proto3\"; service S { rpc M(E) returns (E); } message E {}"u8.ToArray());
        });
        using var place = new Workplace(engine: Nowhere, allow: "127.0.0.1");
        var manifest = Workplace.Service("http://127.0.0.1:8080/", "Server", describedBy: server.Address + "/docs/oms.yml?token=secret");
        var (status, tree) = await place.SucceedAsync(manifest);

        var runtime = Runtime(tree);
        Assert.Equal((ServiceKinds.Server, "oms.yml", "http://127.0.0.1:8080"), (runtime.Kind, runtime.Description, runtime.Address));
        Assert.True(File.Exists(Path.Combine(tree, runtime.Descriptors!["m"])));
        Assert.True(File.Exists($"{tree}/protos/api.proto"));
        Assert.DoesNotContain("secret", place.LogText(status), StringComparison.Ordinal);
        Assert.Equal("source_digest_mismatch", (await place.FetchFailsAsync(manifest, new(null, new string('0', 64), null, false))).Code);
        Assert.Equal(status.SourceDigest, (await place.FetchAsync(manifest, new(null, status.SourceDigest, null, false))).SourceDigest);
    }

    [Fact]
    public async Task Of_a_server_the_description_may_be_a_file_below_the_local_roots()
    {
        using var place = new Workplace(engine: Nowhere, allow: "127.0.0.1");
        var file = Path.Combine(place.Source("source", ("service.yml", Description)), "service.yml");
        var (_, tree) = await place.SucceedAsync(Workplace.Service("http://127.0.0.1:8080", "Server", describedBy: file));

        Assert.Equal("service.yml", Runtime(tree).Description);
        Assert.Equal("local_not_allowed", (await place.FetchFailsAsync(Workplace.Service("http://127.0.0.1:8080", "Server", describedBy: "/etc/hostname"), null)).Code);
    }

    [Fact]
    public async Task A_server_and_its_description_are_refused_where_the_outbound_rules_refuse_them()
    {
        using var place = new Workplace(engine: Nowhere);
        var file = Path.Combine(place.Source("source", ("oms.yml", Description)), "oms.yml");

        Assert.Equal("outbound_refused", (await place.FailAsync(Workplace.Service("http://127.0.0.1:8080", "Server", describedBy: file))).Code);
        Assert.Equal("outbound_refused", (await place.FailAsync(Workplace.Service("http://1.1.1.1", "Server", describedBy: "http://127.0.0.1:8080/oms.yml"))).Code);
    }

    private const string Rpc = """
        oms: 1
        actions:
          m:
            rpc:
              framework: { grpc: { version: 3, proto: { path: protos/api.proto } } }
              client: { port: 8081, tls: false }
        """;

    internal static ServiceRuntime Runtime(string tree) =>
        JsonSerializer.Deserialize<ServiceRuntime>(File.ReadAllText(Path.Combine(tree, ServiceRuntime.Path)), PlatformJson.Options)!;
}
