using System.Globalization;
using System.Text.Json.Serialization;
using Platform.Cli.Api;
using Platform.Cli.Local;

namespace Platform.Cli.Doctor;

/// <summary>The platform that commands go to: whether it answers, knows the token and can work, and what its clock says.</summary>
internal static class GatewayProbes
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ClockAtMost = TimeSpan.FromSeconds(5);
    private static readonly string[] Names = ["gateway", "clock", "token", "services"];

    private sealed record Answer(IReadOnlyList<Service> Services);

    private sealed record Service([property: JsonPropertyName("service")] string Name, int Replica, string State, string? Message);

    /// <param name="gone">A platform of this machine whose gateway does not answer; null: there is no such.</param>
    /// <param name="remedy">Of that.</param>
    /// <returns>Whether the gateway has answered, and what was seen.</returns>
    public static async Task<(bool Reached, IReadOnlyList<Probe> Probes)> RunAsync(string? remedy, PlatformState? gone, CancellationToken cancel)
    {
        try
        {
            var settings = Settings.Load();
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(AnswerWithin);
            using var api = new ApiClient(settings.Token is { } token && !Settings.IsToken(token) ? settings with { Token = null } : settings);
            var clock = await api.DateAsync("/alive", deadline.Token);
            return (true, [Probe.Ok("gateway", settings.Url), Clock(clock), .. await TokenAsync(api, settings, deadline.Token)]);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (false, Away("failed", "no_answer", $"The gateway did not answer within {AnswerWithin.TotalSeconds:0} s.", "See the platform's log: apphost.log in its data folder."));
        }
        catch (ApiException e)
        {
            return (false, Away("failed", e.Code, e.Detail, e.Remedy));
        }
        catch (CliException e)
        {
            var silent = e.Code == "not_reachable";
            if (silent && gone is not null && Settings.IsSame(gone.Url, Settings.Load().Url)) return (false, Away("failed", e.Code, e.Message, remedy));
            // That nobody has started a platform here is no fault of anything.
            return (false, Away(silent && !WasChosen() ? "warning" : "failed", e.Code, e.Message, e.Remedy));
        }
    }

    private static async Task<IEnumerable<Probe>> TokenAsync(ApiClient api, Settings settings, CancellationToken cancel)
    {
        if (settings.Token is null)
            return [new("token", "failed", "token_required", $"There is no token for {settings.Url}.", $"platform login {settings.Url}"), Probe.Skipped("services", "That needs a token.")];
        if (!Settings.IsToken(settings.Token) && ApiClient.BadToken() is var bad)
            return [new("token", "failed", bad.Code, bad.Message, bad.Remedy), Probe.Skipped("services", "That needs a token that is accepted.")];
        try
        {
            var answer = (await api.GetAsync("/v1/services", cancel)).To<Answer>();
            return [Probe.Ok("token", "The gateway accepts it."), .. answer.Services.Select(Health)];
        }
        catch (ApiException e) when (e.Code == "insufficient_scope")
        {
            return [Probe.Ok("token", "The gateway accepts it."), Probe.Skipped("services", "The token does not allow to ask for them.")];
        }
        catch (ApiException e)
        {
            return [new("token", "failed", e.Code, e.Detail, e.Remedy), Probe.Skipped("services", "That needs a token that is accepted.")];
        }
    }

    private static Probe Health(Service service)
    {
        var name = service.Replica == 0 ? service.Name : $"{service.Name} {service.Replica.ToString(CultureInfo.InvariantCulture)}";
        return service.State == "healthy" ? Probe.Ok(name, "healthy")
            : new(name, "failed", $"service_{service.State}", service.Message ?? service.State, $"Look at the log of {service.Name}: apphost.log in the platform's data folder.");
    }

    private static Probe Clock(DateTimeOffset? theirs)
    {
        if (theirs is not { } there) return Probe.Skipped("clock", "The gateway does not tell its time.");
        var apart = (DateTimeOffset.UtcNow - there).Duration();
        var message = FormattableString.Invariant($"{apart.TotalSeconds:0} s from the gateway's.");
        return apart <= ClockAtMost ? Probe.Ok("clock", message)
            : new("clock", "warning", "clock_differs", $"This machine's clock is {message} Expiry of tokens and times of runs look wrong from here.", "Let both machines set their clocks by a time server.");
    }

    private static IReadOnlyList<Probe> Away(string state, string code, string message, string? remedy) =>
        [new(Names[0], state, code, message, remedy), .. Names.Skip(1).Select(name => Probe.Skipped(name, "That needs the gateway."))];

    private static bool WasChosen() => Settings.LoadLogin() is not null || Environment.GetEnvironmentVariable("PLATFORM_URL") is { Length: > 0 };
}
