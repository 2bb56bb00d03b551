using System.Text;
using System.Text.Json.Nodes;
using Platform.Contracts;
using Platform.Oms;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Oms;
using Platform.Runner.Drivers.Oms.Commands;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests.Oms.Servers;

/// <summary>The command interface, in a container and in the sandbox alike.</summary>
public sealed class CommandTests(ContainerEngineFixture engine, OmsPrograms programs) : ServerTest(engine, programs)
{
    private const long MaxBytes = 1 << 20;
    private static readonly OmsArgument Word = new("word", OmsTypes.String);

    [Theory]
    [InlineData(ServiceKinds.Image)]
    [InlineData(ServiceKinds.Process)]
    public async Task The_arguments_are_one_more_word_and_standard_output_is_the_result(string kind)
    {
        // Quotes, spaces and a dollar: no shell looks at them.
        var given = new JsonObject { ["word"] = "it's \"$HOME\"  é" };

        var answer = await InvokeAsync(kind, Words(kind, "words", "a b"), new("any"), given, Word);
        var empty = await InvokeAsync(kind, Words(kind, "words"), new("any"), [], Word);
        var none = await InvokeAsync(kind, Words(kind, "words", "a"), new("any"), []);

        Assert.Equal("a b\n{\"word\":\"it's \\\"$HOME\\\"  é\"}", JsonNode.Parse(answer.Result!)!.GetValue<string>());
        Assert.Equal("{}", JsonNode.Parse(empty.Result!)!.GetValue<string>());
        Assert.Equal("a", JsonNode.Parse(none.Result!)!.GetValue<string>());
    }

    [Theory]
    [InlineData(ServiceKinds.Image)]
    [InlineData(ServiceKinds.Process)]
    public async Task Exit_codes_say_what_they_are_said_to(string kind)
    {
        var result = await InvokeAsync(kind, Words(kind, "exit", "0", "5\r\n", "a warning"), new(OmsTypes.Int));
        var deterministic = await FailAsync(kind, "exit", "1", "ignored", "Traceback: no");
        var transient = await FailAsync(kind, "exit", "2", "", "try again");
        var other = await FailAsync(kind, "exit", "42", "", "");
        var killed = await FailAsync(kind, "kill", "9");
        var terminated = await FailAsync(kind, "kill", "15");
        var hungUp = await FailAsync(kind, "kill", "1");

        Assert.Equal("5", Encoding.UTF8.GetString(result.Result!));
        Assert.Equal(("command_failed", false, false, "Traceback: no"), (deterministic.Code, deterministic.Retryable, deterministic.AsksAgain, deterministic.Detail));
        Assert.Equal(("command_failed", true, true, "try again"), (transient.Code, transient.Retryable, transient.AsksAgain, transient.Detail));
        Assert.Equal(("command_failed", false, false, null), (other.Code, other.Retryable, other.AsksAgain, other.Detail));
        Assert.Contains("42", other.Message, StringComparison.Ordinal);
        Assert.Equal(("command_killed", true, false), (killed.Code, killed.Retryable, killed.AsksAgain));
        Assert.Equal(("command_killed", true, false), (terminated.Code, terminated.Retryable, terminated.AsksAgain));
        Assert.Equal(("command_failed", false, false), (hungUp.Code, hungUp.Retryable, hungUp.AsksAgain));
        // What a command complains of is in the log whatever its end.
        Assert.Contains("a warning", Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ServiceKinds.Image, "/")]
    [InlineData(ServiceKinds.Process, "./")]
    public async Task A_command_that_is_not_there_or_no_program_is_an_error_of_the_definition(string kind, string root)
    {
        var missing = (await InvokeAsync(kind, [root + "nothing"], new())).Error!;
        var text = (await InvokeAsync(kind, [root + "notes"], new())).Error!;

        Assert.Equal(("command_not_found", false), (missing.Code, missing.Retryable));
        Assert.Equal(("command_not_executable", false), (text.Code, text.Retryable));
    }

    [Theory]
    [InlineData(ServiceKinds.Image)]
    [InlineData(ServiceKinds.Process)]
    public async Task Output_is_taken_byte_by_byte(string kind)
    {
        var answer = await InvokeAsync(kind, Words(kind, "bytes", "2000"), new(OmsTypes.File));

        var bytes = Convert.FromBase64String(JsonNode.Parse(answer.Result!)!.GetValue<string>());
        Assert.Equal(2000 * 256, bytes.Length);
        Assert.All(bytes.Index(), b => Assert.Equal((byte)b.Index, b.Item));
    }

    [Theory]
    [InlineData(ServiceKinds.Image)]
    [InlineData(ServiceKinds.Process)]
    public async Task A_flood_is_cut_off_on_standard_output_and_drained_on_standard_error(string kind)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var output = await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(kind, Words(kind, "flood", "out", "64"), new()));
        var error = await FailAsync(kind, "flood", "err", "64");

        Assert.Equal("result_too_large", output.Fault.Code);
        Assert.EndsWith("the end", error.Detail, StringComparison.Ordinal);
        Assert.InRange(error.Detail!.Length, 1000, OutputCollector.MaxErrorBytes);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 32 << 20);
    }

    [Theory]
    [InlineData(ServiceKinds.Image)]
    [InlineData(ServiceKinds.Process)]
    public async Task A_cancelled_command_ends_with_its_children(string kind)
    {
        var seconds = $"{Random.Shared.Next(10_000, 99_999)}";
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        using var use = await Servers.AcquireAsync(Wish(kind), Cancel);
        var running = use.Server.ExecuteAsync(Words(kind, "sleep", seconds), MaxBytes, cancel.Token);
        await Wait.ForAsync("both processes", () => Sleeping(seconds) == 2, Limit);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Wait.ForAsync("no process", () => Sleeping(seconds) == 0, Limit);
        // And the server serves on.
        Assert.False(use.Server.HasEnded);
        Assert.Equal(0, (await use.Server.ExecuteAsync(Words(kind, "words"), MaxBytes, Cancel)).ExitCode);
    }

    [Fact]
    public async Task Arguments_that_no_command_can_take_are_refused_before_it_is_run()
    {
        var fault = await Assert.ThrowsAsync<RunFaultException>(
            () => InvokeAsync(ServiceKinds.Process, Words(ServiceKinds.Process, "words"), new(), new() { ["word"] = new string('x', 128 * 1024) }, Word));

        Assert.Equal("arguments_too_large", fault.Fault.Code);
    }

    [Fact]
    public async Task A_server_elsewhere_takes_no_commands()
    {
        var fault = await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(ServiceKinds.Server, ["/service"], new()));

        Assert.Equal("command_needs_service", fault.Fault.Code);
    }

    private async Task<ActionError> FailAsync(string kind, params string[] words) => (await InvokeAsync(kind, Words(kind, words), new())).Error!;

    private async Task<ActionAnswer> InvokeAsync(string kind, string[] argv, OmsOutput output, JsonObject? given = null, params OmsArgument[] declared)
    {
        var wish = Wish(kind);
        using var use = await Servers.AcquireAsync(wish, Cancel);
        var command = new OmsCommand(argv);
        var action = new OmsAction("act", "", false, declared, output, command);
        var work = new ActionWork(wish.Launch, "{}", "act", "{}", Guid.CreateVersion7(), _ => { }, (_, _) => { }, MaxBytes);
        return await CommandAction.InvokeAsync(new(action, given ?? [], use.Server, Programs.Folder, null, work), command, Cancel);
    }

    private static int Sleeping(string seconds) => Directory.EnumerateDirectories("/proc").Count(process =>
    {
        try
        {
            return File.ReadAllText(process + "/cmdline") is var line && line.EndsWith($"\0{seconds}\0", StringComparison.Ordinal) && !line.Contains("bwrap", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}
