using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Docker.DotNet;
using Platform.Ndc;
using Platform.Runner.Packages.Check.Traces;
using Platform.ServiceDefaults;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>O: spans come to where they are asked for, under the name and in the trace that they should.</summary>
internal static class TelemetryPoints
{
    private const string Service = "image-check";

    // Exporters collect for five seconds, and send what they have when they end.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Flush = TimeSpan.FromSeconds(3);

    private static readonly Point Arrives = new("O1", Grade.Should, "Spans come to OTEL_EXPORTER_OTLP_ENDPOINT",
        "Send spans by OTLP to OTEL_EXPORTER_OTLP_ENDPOINT, which is a root (HTTP adds /v1/traces), as OTEL_EXPORTER_OTLP_PROTOCOL says.");

    private static readonly Point Named = new("O2", Grade.Should, "Spans have the service name that was given", "Set the resource attribute service.name to OTEL_SERVICE_NAME.");

    private static readonly Point Joined = new("O3", Grade.Should, "Spans are part of the caller's trace", "Take the parent from the request's traceparent (W3C trace context).");

    private static readonly Point Both = new("O4", Grade.Info, "Spans come by HTTP and by gRPC, as OTEL_EXPORTER_OTLP_PROTOCOL says", "Support the values http/protobuf and grpc.");

    public static IReadOnlyList<Point> All => [Arrives, Named, Joined, Both];

    public static async Task RunAsync(CheckedImage image, CancellationToken cancel)
    {
        if (await GatewayAsync(image, cancel) is not { } gateway)
        {
            NotChecked(image.Findings, "The engine does not tell the address of this machine in the containers' network.");
            return;
        }

        TraceSink? http = null, grpc = null;
        try
        {
            http = await TraceSink.ListenAsync(gateway, isGrpc: false, cancel);
            grpc = await TraceSink.ListenAsync(gateway, isGrpc: true, cancel);
            if (await SinkControl.RunAsync(image, http.Address, cancel) is { } why)
            {
                NotChecked(image.Findings, why);
                return;
            }

            var answers = await Task.WhenAll(TryAsync(image, http, "http/protobuf", cancel), TryAsync(image, grpc, "grpc", cancel));
            Judge(image.Findings, http, grpc, answers[0], answers[1]);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            NotChecked(image.Findings, $"This check can't listen for spans at {gateway}, where containers reach this machine: {e.Message}");
        }
        finally
        {
            if (http is not null)
                await http.DisposeAsync();
            if (grpc is not null)
                await grpc.DisposeAsync();
        }
    }

    private static void Judge(Findings findings, TraceSink http, TraceSink grpc, string httpTrace, string grpcTrace)
    {
        var counts = $"{http.Spans.Count} spans came by HTTP, and {grpc.Spans.Count} by gRPC";
        var spans = http.Spans.Concat(grpc.Spans).ToList();
        if (spans.Count == 0)
        {
            findings.Fail(Arrives, string.Join(" ", [$"{counts}; a container does reach where they were awaited.", .. http.Refused.Concat(grpc.Refused).Take(2)]));
            foreach (var point in (ReadOnlySpan<Point>)[Named, Joined, Both])
                findings.Skip(point, "No span came.");
            return;
        }

        findings.Pass(Arrives, $"{counts}.");
        findings.Judge(Both, http.Spans.Count > 0 && grpc.Spans.Count > 0, string.Join(" ", [$"{counts}.", .. http.Refused.Concat(grpc.Refused).Take(2)]));
        var others = spans.Where(s => s.Service != Service).Select(s => s.Service ?? "none").Distinct().Take(3).ToList();
        findings.Judge(Named, others.Count == 0, others.Count == 0 ? $"All have {Service}." : $"{Service} was asked for, and there are spans of {Trial.Short(string.Join(", ", others))}.");
        var joined = (http.Spans.Count == 0 || http.Spans.Any(s => s.TraceId == httpTrace)) && (grpc.Spans.Count == 0 || grpc.Spans.Any(s => s.TraceId == grpcTrace));
        findings.Judge(Joined, joined, joined ? "There are spans with the trace id of the request." : "No span has the trace id of the request that it was made for.");
    }

    // The trace that the request belongs to.
    private static async Task<string> TryAsync(CheckedImage image, TraceSink sink, string protocol, CancellationToken cancel)
    {
        var root = sink.Address.ToString().TrimEnd('/');
        var trace = RandomNumberGenerator.GetHexString(32, lowercase: true);
        await using var trial = await image.StartAsync(new()
        {
            Environment = new Dictionary<string, string>
            {
                // Both pairs of names, as the platform gives them.
                ["HASURA_OTLP_ENDPOINT"] = root,
                ["HASURA_OTEL_SERVICE_NAME"] = Service,
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = root,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
                ["OTEL_SERVICE_NAME"] = Service,
            },
        }, cancel);
        if (await trial.ReadyAsync(cancel) is not null)
            return trace;
        try
        {
            await trial.SendAsync(HttpMethod.Get, "/schema", null, cancel, headers: ("traceparent", $"00-{trace}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}-01"));
        }
        catch (NdcException)
        {
            // Its spans may come all the same.
        }

        if (await sink.WaitAsync(s => s.TraceId == trace, Delay, cancel))
            return trace;
        await trial.SignalAsync("SIGTERM", cancel);
        await sink.WaitAsync(s => s.TraceId == trace, Flush, cancel);
        return trace;
    }

    private static async Task<IPAddress?> GatewayAsync(CheckedImage image, CancellationToken cancel)
    {
        try
        {
            await image.Engine.EnsureNetworkAsync(cancel);
            var network = await image.Engine.AskAsync(client => client.Networks.InspectNetworkAsync(ContainerEngine.Network, cancel));
            return network.IPAM?.Config?.Select(c => IPAddress.TryParse(c.Gateway, out var address) ? address : null).FirstOrDefault(a => a?.AddressFamily == AddressFamily.InterNetwork);
        }
        catch (DockerApiException)
        {
            return null;
        }
    }

    // The checker's own failure, and not the image's.
    private static void NotChecked(Findings findings, string why)
    {
        findings.Warn($"Telemetry was not checked. {why} This says nothing about the image.");
        foreach (var point in All)
            findings.Skip(point, $"Not checked, by no fault of the image: {why}");
    }
}
