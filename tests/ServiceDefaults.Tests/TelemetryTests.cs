using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Platform.ServiceDefaults.Tests;

public sealed class TelemetryTests
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_request_makes_a_named_span_and_a_probe_none()
    {
        var ended = new Ended();
        await using var service = await TestService.StartAsync(
            app => app.MapGet("/telemetry/{id}", (string id) => id),
            builder => builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(ended)));

        await service.Client.GetStringAsync("/health", TestContext.Current.CancellationToken);
        await service.Client.GetStringAsync("/telemetry/7", TestContext.Current.CancellationToken);

        var began = Stopwatch.GetTimestamp();
        Activity? span;
        while ((span = ended.Find("/telemetry/7")) is null)
            Assert.True(Stopwatch.GetElapsedTime(began) < EndTimeout, "The request's span did not end.");
        Assert.Equal("GET /telemetry/{id}", span.DisplayName);
        Assert.Equal("/telemetry/{id}", span.GetTagItem("http.route"));
        Assert.Equal(200, span.GetTagItem("http.response.status_code"));
        Assert.Null(ended.Find("/health"));
    }

    private sealed class Ended : BaseProcessor<Activity>
    {
        private readonly List<Activity> activities = [];

        public override void OnEnd(Activity data)
        {
            lock (activities)
                activities.Add(data);
        }

        public Activity? Find(string path)
        {
            lock (activities)
                return activities.Find(a => a is { Kind: ActivityKind.Server, Recorded: true } && a.GetTagItem("url.path") as string == path);
        }
    }
}
