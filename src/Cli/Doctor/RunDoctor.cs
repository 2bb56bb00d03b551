using System.CommandLine;
using Platform.Cli.Local;
using Spectre.Console;

namespace Platform.Cli.Doctor;

/// <summary>One thing that was looked at.</summary>
/// <param name="State">ok; warning: something is missing that not everybody needs; failed; skipped: it makes no sense here.</param>
/// <param name="Code">Stable: <c>ok</c>, <c>skipped</c>, or what is wrong.</param>
/// <param name="Remedy">Null where there is nothing to do.</param>
internal sealed record Probe(string Name, string State, string Code, string Message, string? Remedy = null)
{
    public static Probe Ok(string name, string message) => new(name, "ok", "ok", message);

    public static Probe Skipped(string name, string message) => new(name, "skipped", "skipped", message);
}

/// <summary><c>doctor</c>: what the machine has and how the platform is, each with a way out. Needs neither of them.</summary>
internal static class RunDoctor
{
    public static Command Command()
    {
        var folder = StartArguments.DataOption();
        return new Command("doctor", "Looks for what keeps the platform or this command line from working, and says what to do. Exit code 1 when something fails.") { folder }.Does(async call =>
        {
            var root = DataDirectory.FindRoot();
            var data = call.Get(folder) is { } given ? Path.GetFullPath(given) : root is null ? null : DataDirectory.Default();
            var gone = await GoneGateway.FindAsync(data, call.Cancel);
            var gateway = GatewayProbes.RunAsync(gone is null ? null : GoneGateway.Remedy(gone.Url, data), gone, call.Cancel);
            var local = root is null
                ? [Probe.Skipped("machine", "This program is away from a checkout, and can start no platform: what that would need was not looked for.")]
                : await MachineProbes.RunAsync(call.Cancel);
            List<Probe> probes = [.. local, .. DataProbes.Run(data, gone, (await gateway).Reached), .. (await gateway).Probes];
            call.Screen.Document(new { Healthy = probes.All(p => p.State != "failed"), Probes = probes });
            Show(call.Screen, probes);
            return probes.Any(p => p.State == "failed") ? ExitCode.Failed : ExitCode.Ok;
        });
    }

    private static void Show(Screen screen, IReadOnlyList<Probe> probes)
    {
        screen.Table(["state", "probe", "code", "message"], probes.Select(p => new[] { p.State, p.Name, p.Code, p.Message }), "Nothing was looked at.");
        foreach (var probe in probes)
        {
            if (probe.State == "failed") screen.Fail(probe.Code, $"{probe.Name}: {probe.Message}", [], probe.Remedy);
            if (probe.State == "warning") screen.Warn(probe.Code, $"{probe.Name}: {probe.Message}", probe.Remedy);
        }
    }
}
