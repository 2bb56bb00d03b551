using System.CommandLine;
using System.Runtime.InteropServices;
using Platform.Cli.Actions;
using Platform.Cli.Api;
using Platform.Cli.Audit;
using Platform.Cli.Catalog;
using Platform.Cli.Connections;
using Platform.Cli.Connectors;
using Platform.Cli.Images;
using Platform.Cli.Installs;
using Platform.Cli.Invocations;
using Platform.Cli.Local;
using Platform.Cli.Lock;
using Platform.Cli.Objects;
using Platform.Cli.Oms;
using Platform.Cli.Queries;
using Platform.Cli.Rejects;
using Platform.Cli.Runs;
using Platform.Cli.Schedules;
using Platform.Cli.State;
using Platform.Cli.Subscriptions;
using Platform.Cli.Status;
using Platform.Cli.Tokens;

namespace Platform.Cli;

/// <summary>The tree of commands, signals, and the one place where failures become messages and exit codes.</summary>
internal static class CommandLine
{
    public static readonly Option<bool> Json = new("--json") { Description = "Machine output: JSON on standard output, problems as JSON on standard error.", Recursive = true };

    public static async Task<int> RunAsync(string[] args)
    {
        using var interrupt = new CancellationTokenSource();
        using var onInterrupt = Watch(PosixSignal.SIGINT, interrupt);
        using var onTerminate = Watch(PosixSignal.SIGTERM, interrupt);
        using var onHangUp = Watch(PosixSignal.SIGHUP, interrupt);

        var parsed = Tree().Parse(args.Length == 0 ? ["--help"] : args);
        var screen = new Screen(parsed.GetValue(Json));
        try
        {
            if (parsed.Errors.Count > 0)
            {
                var command = string.Join(' ', Path(parsed.CommandResult));
                throw new CliException(ExitCode.Usage, "bad_usage", string.Join(" ", parsed.Errors.Select(error => Plain(error.Message))), $"{command} --help");
            }

            // Signals are ours: `up` takes longer to end than the library would wait.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interrupt.Token);
        }
        catch (ApiException e)
        {
            return screen.Fail(e);
        }
        catch (CliException e)
        {
            return screen.Fail(e);
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return screen.Fail(new CliException(ExitCode.Failed, "file_error", e.Message));
        }
    }

    /// <summary>Binds a command to its code: one <see cref="Call"/> per invocation.</summary>
    public static Command Does(this Command command, Func<Call, Task<int>> action)
    {
        command.SetAction(async (parsed, cancel) =>
        {
            using var call = new Call(parsed, cancel);
            return await action(call);
        });
        return command;
    }

    private static RootCommand Tree() => new("Installs connectors, syncs them and reads what they brought, through the platform's gateway.")
    {
        Json,
        new Command("connectors", "Connectors and their versions.")
        {
            InstallConnector.Command(), ListConnectors.Command(), ShowConnector.Command(), ShowSpecification.Command(),
            VersionCommands.Update(), VersionCommands.RollBack(), VersionCommands.Versions(), VersionCommands.Delete(),
        },
        new Command("installs", "Installs of connectors: how they went.") { InstallCommands.List(), InstallCommands.Show(), InstallCommands.Log(), InstallCommands.Cancel() },
        ListCatalog.Command(),
        new Command("lock", "The versions of all connectors as a file.") { LockCommands.Show(), LockCommands.Apply() },
        new Command("connections", "Connections: a connector with its options.") { CreateConnection.Command(), ListConnections.Command(), ShowConnection.Command(), UpdateConnection.Command(), DeleteConnection.Command(), CheckConnection.Command() },
        Sync.Command(),
        new Command("runs", "Runs of connections.") { ListRuns.Command(), ShowRun.Command(), ShowRunLog.Command(), CancelRun.Command(), SweepRun.Command(), RunLimits.Command() },
        new Command("actions", "What connectors can be asked to do.") { ListActions.Command(), ShowAction.Command(), InvokeAction.Command() },
        QueryConnection.Command(),
        new Command("invocations", "Actions that were asked for: how they went.")
        {
            InvocationCommands.List(), InvocationCommands.Show(), GetResult.Command(), ShowRunLog.Command("invocation"), InvocationCommands.Cancel(),
        },
        new Command("schedules", "When connections are synced by themselves.")
        {
            CreateSchedule.Command(), ListSchedules.Command(), ShowSchedule.Command(), UpdateSchedule.Command(), UpdateSchedule.Pause(), UpdateSchedule.Resume(),
            TriggerSchedule.Command(), DeleteSchedule.Command(),
        },
        new Command("subscriptions", "What connections hear of by themselves.")
        {
            SubscriptionCommands.Create(), SubscriptionCommands.List(), SubscriptionCommands.Show(), SubscriptionCommands.Delete(),
        },
        new Command("objects", "The objects that connectors brought.") { ListObjects.Command(), ExportObjects.Command() },
        new Command("state", "Where a connection's next run goes on.") { ShowState.Command(), SetState.Command(), ResetState.Command() },
        new Command("rejects", "Objects that could not be stored.") { ListRejects.Command(), ShowReject.Command(), ReplayReject.Command(), DismissReject.Command() },
        new Command("image", "Images of packaged connectors.") { BuildImage.Command(), CheckImage.Command(), ValidateImage.Command(), ChangeConfiguration.Update(), ChangeConfiguration.Upgrade() },
        new Command("oms", "Descriptions of services, without a platform.") { CheckService.Command() },
        new Command("tokens", "Who may use the platform, and for what.") { TokenCommands.Create(), TokenCommands.List(), TokenCommands.Rotate(), TokenCommands.Revoke() },
        ListAudit.Command(),
        ShowStatus.Command(),
        Up.Command(),
        Down.Command(),
        Demo.Command(),
    };

    // The library names the type as the runtime does.
    private static string Plain(string message) => message.Replace("as expected type 'System.Nullable`1[System.Int32]'", "as a whole number", StringComparison.Ordinal);

    private static IEnumerable<string> Path(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult parent ? Path(parent).Append(result.Command.Name) : ["platform"];

    private static PosixSignalRegistration Watch(PosixSignal signal, CancellationTokenSource interrupt) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            interrupt.Cancel();
        });
}

/// <summary>One invocation: what was asked, where words go, and the way to the gateway.</summary>
internal sealed class Call(ParseResult parsed, CancellationToken cancel) : IDisposable
{
    private ApiClient? api;

    public Screen Screen { get; } = new(parsed.GetValue(CommandLine.Json));

    public CancellationToken Cancel { get; } = cancel;

    public ApiClient Api => api ??= new ApiClient(Settings.Load());

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>The same invocation with a gateway of its own choice; whoever made the client disposes it.</summary>
    public Call With(ApiClient other) => new(parsed, Cancel) { api = other };

    public void Dispose() => api?.Dispose();
}
