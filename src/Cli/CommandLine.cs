using System.CommandLine;
using System.Runtime.InteropServices;
using Platform.Cli.Actions;
using Platform.Cli.Api;
using Platform.Cli.Audit;
using Platform.Cli.Catalog;
using Platform.Cli.Completion;
using Platform.Cli.Connections;
using Platform.Cli.Connectors;
using Platform.Cli.Events;
using Platform.Cli.Doctor;
using Platform.Cli.Help;
using Platform.Cli.Images;
using Platform.Cli.Installs;
using Platform.Cli.Invocations;
using Platform.Cli.Local;
using Platform.Cli.Lock;
using Platform.Cli.Login;
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
using Platform.Cli.Usage;
using Platform.Cli.Webhooks;

namespace Platform.Cli;

/// <summary>The tree of commands, signals, and the one place where failures become messages and exit codes.</summary>
internal static class CommandLine
{
    public static readonly Option<bool> Json = new("--json") { Description = "Machine output: JSON on standard output, problems as JSON on standard error.", Recursive = true };

    // errno, which is what the runtime passes on.
    private const int BrokenPipe = 32;

    public static async Task<int> RunAsync(string[] args)
    {
        using var interrupt = new CancellationTokenSource();
        using var onInterrupt = Watch(PosixSignal.SIGINT, interrupt);
        using var onTerminate = Watch(PosixSignal.SIGTERM, interrupt);
        using var onHangUp = Watch(PosixSignal.SIGHUP, interrupt);

        if (CompletionScript.IsQuestion(args)) return CompletionScript.Answer(Tree(), args, Console.Out);
        var parsed = Tree().Parse(args.Length == 0 ? ["--help"] : args);
        var screen = new Screen(parsed.GetValue(Json));
        try
        {
            if (UsageErrors.Of(parsed) is { } wrong) throw wrong;

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
        catch (Exception e) when (interrupt.IsCancellationRequested && e is IOException or HttpRequestException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            return screen.Fail(new CliException(ExitCode.NotReachable, "broken_off", $"The gateway's answer broke off: {e.Message}", "Try again; platform doctor says what is wrong if it stays."));
        }
        catch (System.Text.Json.JsonException)
        {
            return screen.Fail(new CliException(ExitCode.NotReachable, "bad_answer", "The answer has another shape than the gateway's: is this the platform's gateway, and as new as this program?", "platform doctor says where commands go."));
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            return ExitCode.ClosedPipe;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return screen.Fail(new CliException(ExitCode.Failed, "file_error", e.Message));
        }
        catch (Exception e)
        {
            // A defect of this program. Its users can do nothing with a stack; who wants to mend it can ask for one.
            if (Environment.GetEnvironmentVariable("PLATFORM_TRACE") is { Length: > 0 }) Console.Error.WriteLine(e);
            return screen.Fail(new CliException(ExitCode.Failed, "internal_error", $"{e.GetType().Name}: {e.Message}", "This is a defect of the command line. PLATFORM_TRACE=1 tells where it happened."));
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

    internal static RootCommand Tree() => new RootCommand("Installs connectors, syncs them and reads what they brought, through the platform's gateway.")
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
        EventsCommand.Command(),
        new Command("webhooks", "Where events are sent.")
        {
            WebhookCommands.Create(), WebhookCommands.List(), WebhookCommands.Show(), WebhookCommands.Update(), WebhookCommands.Rotate(), WebhookCommands.Delete(),
            WebhookCommands.Test(), WebhookCommands.Deliveries(), WebhookCommands.Replay(),
        },
        LoginCommands.Login(),
        LoginCommands.Logout(),
        ShowStatus.Command(),
        RunDoctor.Command(),
        Up.Command(),
        Down.Command(),
        Demo.Command(),
        OfTheScript.Test(),
        OfTheScript.Bench(),
        CompletionScript.Command(),
    }.WithExamples().WithNames().WithFullTexts();

    /// <summary>The names of a command from the program's on.</summary>
    public static IEnumerable<string> PathOf(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult parent ? PathOf(parent).Append(result.Command.Name) : ["platform"];

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
