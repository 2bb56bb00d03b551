extern alias installer;

using System.Diagnostics;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Platform.Contracts;
using installer::Platform.Installer;
using installer::Platform.Installer.Bundles;
using installer::Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Benchmarks.Installs;

/// <summary>The Installer's own parts as its Program puts them together, without queue and broker: news of progress goes nowhere.</summary>
internal sealed class InstallHost : IDisposable
{
    private readonly IHost app;
    private readonly Manifest manifest;

    private InstallHost(IHost app, Manifest manifest) => (this.app, this.manifest) = (app, manifest);

    public static InstallHost Build(string data, string source)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Data:Directory"] = data, ["Local:Roots:0"] = source });
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddSingleton<OutboundGuard>().AddSingleton<CommandPublisher>();
        builder.Services.AddSingleton<IBus>(_ => Bus.Factory.CreateUsingInMemory(_ => { }));
        builder.AddInstaller();
        return new(builder.Build(), new("bench", null, "Local", source, null, null, "./run"));
    }

    /// <summary>Into an empty store; what was installed is removed again, which does not count.</summary>
    public async Task<TimeSpan> InstallAsync()
    {
        var id = Guid.CreateVersion7();
        var logs = app.Services.GetRequiredService<InstallLogs>();
        var begun = Stopwatch.GetTimestamp();
        var status = await app.Services.GetRequiredService<RunInstall>().RunAsync(
            new(id, manifest, manifest.Name, DateTimeOffset.UtcNow, null), logs.Open(id), CancellationToken.None, CancellationToken.None);
        var took = Stopwatch.GetElapsedTime(begun);
        logs.Close(id);
        return status.State == InstallState.Succeeded && app.Services.GetRequiredService<BundleStore>().Remove(status.Digest!)
            ? took
            : throw new InvalidOperationException($"The install did not succeed: {status.Error}");
    }

    public void Dispose() => app.Dispose();
}
