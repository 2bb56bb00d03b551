using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Runner.Drivers;
using Platform.Runner.Packages.Check;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Ndc.Check;

/// <summary>The check of images: a good one passes every point, and one that breaks a single point fails that one alone.</summary>
[Collection("packages")]
public sealed class ImageCheckTests(ContainerEngineFixture engine, CheckedConnector connector) : IAsyncLifetime
{
    private readonly ServiceProvider services = Services(engine.Socket);

    /// <summary>Of every point at least one image that breaks it: the point, and what BREAK says or the image is made with.</summary>
    public static TheoryData<string, string> Broken => new()
    {
        { "S1", "dies" }, { "S2", "CMD [\"run\"]" }, { "S3", "ENV HASURA_THINGS=1" }, { "R1", "port-8081" }, { "R2", "slow" }, { "R3", "version-words" },
        { "R4", "missing-type" }, { "R5", "lost-field" }, { "R6", "malformed-500" }, { "R7", "not-json-500" }, { "R8", "any-version" }, { "C1", "writes-config" },
        { "C2", "reads-hasura" }, { "P1", "fixed-port" }, { "P2", "fixed-dir" }, { "A1", "no-auth" }, { "A3", "tells-token" }, { "A4", "empty-secret" },
        { "O1", "no-otlp" }, { "O2", "wrong-service" }, { "O3", "own-trace" }, { "O4", "http-only" }, { "G1", "no-sigterm" }, { "G2", "exit3" }, { "G3", "abrupt" },
        { "G4", "no-sigint" }, { "G5", "no-early-sigterm" }, { "F1", "F1-exit0" }, { "F1", "F1-stdout" }, { "F2", "F2-exit0" }, { "F2", "F2-stdout" },
        { "F3", "F3-exit0" }, { "F3", "F3-stdout" }, { "F4", "F4-exit0" }, { "F4", "F4-stdout" }, { "L1", "json-logs" }, { "L2", "noisy" }, { "X1", "needs-root" },
        { "X2", "needs-user" }, { "X3", "needs-capabilities" }, { "X4", "hasura-metrics" }, { "X5", "no-explain" }, { "X6", "locks" },
    };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        Assert.Equal("", engine.Docker("ps", "--all", "--quiet", "--filter", $"label={CheckedImage.Label}"));
    }

    [Fact]
    public async Task An_image_that_follows_the_specifications_passes_every_point()
    {
        var report = await CheckAsync(connector.ImageIn(engine, null));

        Assert.Empty(Told(report, Outcome.Failed));
        Assert.Empty(Told(report, Outcome.Skipped));
        Assert.Empty(report.Warnings);
        Assert.Equal((true, new FailedPoints(0, 0, 0)), (report.Passed, report.Failed));
        Assert.True(report.Seconds < 120, $"It took {report.Seconds} s.");
    }

    [Fact]
    public Task An_image_that_breaks_one_point_fails_that_point_alone() => BreaksAsync("P1", "fixed-port");

    [Theory]
    [Trait("Category", "Matrix")]
    [MemberData(nameof(Broken))]
    public Task For_every_point_an_image_that_breaks_it_fails_it_alone(string point, string breaks) => BreaksAsync(point, breaks);

    [Fact]
    [Trait("Category", "Matrix")]
    public void Every_point_has_an_image_that_breaks_it() =>
        Assert.Equal(Findings.All.Select(p => p.Id).Order(), Broken.Select(row => row.Data.Item1).Distinct().Order());

    private async Task BreaksAsync(string point, string breaks)
    {
        var report = await CheckAsync(breaks.Contains(' ') ? connector.ImageIn(engine, null, breaks) : connector.ImageIn(engine, breaks));

        var failed = Assert.Single(Told(report, Outcome.Failed));
        Assert.StartsWith($"{point}: ", failed, StringComparison.Ordinal);
        var result = report.Points.Single(p => p.Id == point);
        Assert.NotNull(result.Remedy);
        Assert.Equal(result.Grade != Grade.Must, report.Passed);
        Assert.Empty(report.Warnings);
    }

    private Task<ImageReport> CheckAsync(string image) =>
        services.GetRequiredService<ImageCheck>().RunAsync(image, connector.Configuration, TestContext.Current.CancellationToken);

    private static IEnumerable<string> Told(ImageReport report, Outcome outcome) => report.Points.Where(p => p.Outcome == outcome).Select(p => $"{p.Id}: {p.Seen}");

    private static ServiceProvider Services(string socket)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Containers:Socket", socket)]).Build();
        var collection = new ServiceCollection();
        collection.AddLogging().AddSingleton<IConfiguration>(configuration).AddSingleton<OutboundGuard>().AddConnectorDrivers();
        collection.AddImageCheck();
        return collection.BuildServiceProvider();
    }
}
