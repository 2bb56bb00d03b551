using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Platform.Benchmarks.Processes;
using Platform.Ingest.V1;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.GoPlugin;
using Platform.Runner.Processes;
using Platform.Runner.Runs;

namespace Platform.Benchmarks.Plugins;

/// <summary>Our contestant: the Runner's driver, with the isolation that this machine offers. Its commands are those of Go/host.</summary>
internal static class ConnectorHostProcess
{
    public static async Task RunAsync(string command)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddLogging();
        services.AddConnectorDrivers();
        await using var provider = services.BuildServiceProvider();
        var driver = provider.GetRequiredService<ConnectorDrivers>().For(GoPluginDriver.C1);
        await Obedience.ObeyAsync(async line =>
        {
            var options = line.Split(' ') is [var objects, var page]
                ? $$"""{"objects": {{objects}}, "page": {{page}}}"""
                : throw new ArgumentException($"not a command of a host: {line}");
            var ingest = await SyncAsync(driver, command, options);
            return string.Create(CultureInfo.InvariantCulture, $"{ingest.ObjectsAfterFirstPage} {ingest.FirstToLastPage.TotalNanoseconds:0}");
        });
    }

    private static async Task<CountingIngest> SyncAsync(IConnectorDriver driver, string command, string options)
    {
        var ingest = new CountingIngest();
        var run = Guid.CreateVersion7();
        using var pages = await PageLoad.OpenAsync(new(ingest), new Open { Run = new() { RunId = run.ToString() } }, CancellationToken.None);
        var output = new ConnectorOutput(NullLogger.Instance, run, "generator", new OptionMask(options));
        var bundle = Path.GetDirectoryName(command)!;
        var launch = new ConnectorLaunch("generator", bundle, "./" + Path.GetFileName(command), LaunchLimits.Of(new()), output);
        await driver.SyncAsync(new(launch, options, _ => Task.FromResult(pages), _ => { }, TimeSpan.FromHours(1)), CancellationToken.None);
        return ingest;
    }
}
