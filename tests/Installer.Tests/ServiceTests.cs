using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.Installer.V1;

namespace Platform.Installer.Tests;

[Collection(nameof(ServiceGroup))]
public sealed class ServiceTests(ServiceFixture service)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_install_is_answered_logged_and_downloadable_and_a_repeated_command_gets_the_same_answer()
    {
        var command = Command(service.Place.Source("whole", ("run", new string('x', 600_000))), "echo built > built");
        await service.SendAsync(command);

        var answer = await service.AnswerAsync(command.InstallId);
        Assert.True(answer.Succeeded, answer.Error?.ToString());
        Assert.Null(answer.Error);
        await Workplace.UntilAsync("news of three stages", () => service.Stages(command.InstallId).Order().SequenceEqual(["building", "fetching", "packing"]));

        var log = await service.LogAsync(command.InstallId);
        Assert.Equal("succeeded", log.GetProperty("state").GetString());
        Assert.Contains(log.GetProperty("lines").EnumerateArray(), line => line.GetProperty("text").GetString() == "$ echo built > built" && line.GetProperty("stream").GetString() == "system");

        foreach (var offset in (long[])[0, 100_000, answer.SizeBytes!.Value])
        {
            var (bytes, total) = await DownloadAsync(answer.Digest!, offset);
            Assert.Equal((answer.SizeBytes, answer.SizeBytes - offset), (total, bytes.Length));
            if (offset == 0) Assert.Equal(answer.Digest, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }

        await service.SendAsync(command);
        Assert.Equal(answer, await service.AnswerAsync(command.InstallId, nth: 2));
    }

    [Fact]
    public async Task A_failed_install_is_answered_with_the_command_its_exit_code_and_its_last_words()
    {
        var command = Command(service.Place.Source("failing", ("run", "")), "echo wrong >&2; exit 3");
        await service.SendAsync(command);

        var answer = await service.AnswerAsync(command.InstallId);

        Assert.False(answer.Succeeded);
        Assert.Equal(("install_command_failed", "echo wrong >&2; exit 3", 3, "wrong"), (answer.Error!.Code, answer.Error.Command, answer.Error.ExitCode, answer.Error.OutputTail));
    }

    [Fact]
    public async Task The_log_comes_live_line_by_line_until_the_end()
    {
        var gate = service.Place.Source("live", ("run", ""));
        // The command waits for a file that appears in its folder, not in the source's, so the test finds it in the work folder.
        var command = Command(gate, "echo before; while [ ! -e go ]; do sleep 0.05; done; echo after");
        await service.SendAsync(command);
        var work = Path.Combine(service.Place.Folder, "service/work", command.InstallId.ToString(), "source");
        await Workplace.UntilAsync("the start of the install command", () => Directory.Exists(work));

        using var client = service.Client();
        using var response = await client.GetAsync($"/v1/installs/{command.InstallId}/log", HttpCompletionOption.ResponseHeadersRead, Ct);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));
        await LineAsync(reader, "before");
        await File.WriteAllTextAsync(Path.Combine(work, "go"), "", Ct);
        await LineAsync(reader, "after");
        var rest = await reader.ReadToEndAsync(Ct);
        Assert.EndsWith("event: end\ndata: {\"state\":\"succeeded\"}\n\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_installer_left_unfinished_or_unanswered_goes_on_when_the_next_one_starts()
    {
        await service.StopAsync();
        var statuses = new InstallStatuses(service.Data);
        var (running, last, unanswered) = (Command(service.Place.Source("resumed", ("run", "")), null), Command(service.Place.Source("last", ("run", "")), null), Command("/none", null));
        statuses.Write(Status(running) with { State = InstallState.Running, Stage = "building", Attempt = 1 });
        statuses.Write(Status(last) with { State = InstallState.Running, Stage = "building", Attempt = 3 });
        statuses.Write(Status(unanswered) with { State = InstallState.Failed, Error = Errors.DiskFull().Error });
        Directory.CreateDirectory(Path.Combine(service.Data.Work, running.InstallId.ToString(), "source/half"));
        using (var log = new InstallLog(Path.Combine(service.Data.Install(running.InstallId), "log")))
            log.Note("words of the first attempt");

        service.Start();

        Assert.True((await service.AnswerAsync(running.InstallId)).Succeeded);
        Assert.Equal("installer_interrupted", (await service.AnswerAsync(last.InstallId)).Error!.Code);
        Assert.Equal("disk_full", (await service.AnswerAsync(unanswered.InstallId)).Error!.Code);
        await Workplace.UntilAsync("all to be marked answered", () => new[] { running, last, unanswered }.All(c => statuses.Find(c.InstallId)!.Answered));
        var lines = (await service.LogAsync(running.InstallId)).GetProperty("lines").EnumerateArray().ToList();
        Assert.Equal("words of the first attempt", lines[0].GetProperty("text").GetString());
        Assert.Contains("begins again", lines[1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, lines.Count), lines.Select(line => line.GetProperty("seq").GetInt32()));
    }

    [Fact]
    public async Task An_installer_that_is_stopped_ends_the_command_and_the_next_one_begins_it_again_as_the_first_attempt()
    {
        var command = Command(service.Place.Source("stopped", ("run", "")), "sleep 86397 & wait");
        await service.SendAsync(command);
        await Workplace.UntilAsync("the start of the install command", () => Sleeps("86397"));

        await service.StopAsync();

        Assert.False(Sleeps("86397"));
        var status = new InstallStatuses(service.Data).Find(command.InstallId)!;
        Assert.Equal((InstallState.Queued, 0), (status.State, status.Attempt));
        // So that it ends this time.
        new InstallStatuses(service.Data).Write(status with { Manifest = status.Manifest with { InstallCommand = "true" } });
        service.Start();
        Assert.True((await service.AnswerAsync(command.InstallId)).Succeeded);
    }

    [Fact]
    public async Task A_killed_installer_leaves_nothing_half_done_and_the_next_one_finishes_its_install()
    {
        await service.StopAsync();
        var source = service.Place.Source("killed", ("run", ""));
        var command = Command(source, "test -e go || sleep 86394");
        using (var process = service.StartProcess())
        {
            _ = process.StandardOutput.ReadToEndAsync(Ct);
            await service.SendAsync(command);
            try
            {
                await Workplace.UntilAsync("the start of the install command", () => Sleeps("86394"));
            }
            finally
            {
                process.Kill();
            }
            await process.WaitForExitAsync(Ct);
        }
        Assert.Equal(InstallState.Running, new InstallStatuses(service.Data).Find(command.InstallId)!.State);
        await File.WriteAllTextAsync(Path.Combine(source, "go"), "", Ct);

        service.Start();

        Assert.True((await service.AnswerAsync(command.InstallId)).Succeeded);
        Assert.False(Sleeps("86394"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(service.Place.Folder, "service/work")));
        Assert.Contains("begins again", (await service.LogAsync(command.InstallId)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Installs_of_one_connector_run_one_after_the_other()
    {
        var source = service.Place.Source("twice", ("run", ""));
        var commands = Enumerable.Range(0, 3).Select(_ => Command(source, "sleep 0.2") with { Connector = "twice" }).ToList();
        foreach (var command in commands) await service.SendAsync(command);
        var spans = new List<(DateTimeOffset From, DateTimeOffset To)>();
        foreach (var command in commands)
        {
            await service.AnswerAsync(command.InstallId);
            var times = (await service.LogAsync(command.InstallId)).GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("at").GetDateTimeOffset()).ToList();
            spans.Add((times[0], times[^1]));
        }
        spans.Sort();
        Assert.True(spans[0].To <= spans[1].From && spans[1].To <= spans[2].From, string.Join(", ", spans));
    }

    [Fact]
    public async Task An_install_continues_the_trace_of_its_command()
    {
        var names = new List<string>();
        var root = ActivityTraceId.CreateRandom();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Platform" or "MassTransit",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => { if (activity.TraceId == root) lock (names) names.Add(activity.DisplayName); },
        };
        ActivitySource.AddActivityListener(listener);
        var command = Command(service.Place.Source("traced", ("run", "")), "true");
        using (new Activity("test").SetParentId(root, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded).Start()) await service.SendAsync(command);

        await service.AnswerAsync(command.InstallId);

        await Workplace.UntilAsync("the activities of the install", () => { lock (names) return names.Contains("answer demo"); });
        lock (names) Assert.Superset(new HashSet<string> { "install demo", "fetch", "build", "pack" }, names.ToHashSet());
    }

    [Fact]
    public async Task Unknown_ids_and_bad_offsets_are_problems_and_the_log_needs_secret_and_scope()
    {
        using var client = service.Client();
        using var unknown = await client.GetAsync($"/v1/installs/{Guid.CreateVersion7()}/log", Ct);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("unknown_install", JsonSerializer.Deserialize<JsonElement>(await unknown.Content.ReadAsStringAsync(Ct)).GetProperty("code").GetString());

        using var scopeless = service.Client(scopes: "runs:read");
        Assert.Equal(HttpStatusCode.Forbidden, (await scopeless.GetAsync($"/v1/installs/{Guid.CreateVersion7()}/log", Ct)).StatusCode);
        using var secretless = service.Factory.CreateClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await secretless.GetAsync($"/v1/installs/{Guid.CreateVersion7()}/log", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await secretless.GetAsync("/alive", Ct)).StatusCode);

        foreach (var digest in (string[])["", new string('0', 64), "../../../etc/passwd", new string('0', 10_000)])
            Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => DownloadAsync(digest, 0))).StatusCode);
    }

    private static InstallConnector Command(string uri, string? install) => new(Guid.CreateVersion7(), "demo", Workplace.Local(uri, install));

    private static InstallStatus Status(InstallConnector command) => new(command.InstallId, command.Manifest, command.Connector, DateTimeOffset.UtcNow, null);

    private async Task<(byte[] Bytes, long? Total)> DownloadAsync(string digest, long offset)
    {
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = service.Factory.Server.CreateHandler() });
        var headers = new Metadata { { "X-Platform-Secret", "a secret of the tests" } };
        using var call = new V1.Bundles.BundlesClient(channel).Download(new DownloadRequest { Digest = digest, Offset = offset }, headers, cancellationToken: Ct);
        using var bytes = new MemoryStream();
        long? total = null;
        await foreach (var chunk in call.ResponseStream.ReadAllAsync(Ct))
        {
            total ??= chunk.TotalBytes;
            chunk.Data.WriteTo(bytes);
        }
        return (bytes.ToArray(), total);
    }

    private static async Task LineAsync(StreamReader reader, string text)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        timeout.CancelAfter(Workplace.Patience);
        while (await reader.ReadLineAsync(timeout.Token) is { } line)
            if (line.StartsWith("data: ", StringComparison.Ordinal) && line.Contains($"\"text\":\"{text}\"", StringComparison.Ordinal)) return;
        Assert.Fail($"the log ended without the line '{text}'");
    }

    private static bool Sleeps(string seconds) => BuildTests.Runs($"sleep\0{seconds}");
}
