using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Subscriptions;

/// <summary>A service that publishes: it takes subscriptions as its description says, and delivers what the test hands it.</summary>
internal sealed class Publisher : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient http = new();

    private Publisher(WebApplication app) => this.app = app;

    /// <summary>What it was asked, by path.</summary>
    public ConcurrentQueue<(string Path, JsonElement Body)> Requests { get; } = [];

    /// <summary>Of its answers to subscriptions.</summary>
    public int Status { get; set; } = 200;

    public Uri Address => new(app.Urls.Single());

    /// <summary>The subscriptions as they came.</summary>
    public IReadOnlyList<JsonElement> Subscribed => [.. Requests.Where(r => r.Path == "/subscribe").Select(r => r.Body)];

    public static async Task<Publisher> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1));
        var publisher = new Publisher(builder.Build());
        publisher.app.Run(async context =>
        {
            publisher.Requests.Enqueue((context.Request.Path, await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body)));
            context.Response.StatusCode = publisher.Status;
            await context.Response.WriteAsync(publisher.Status == 200 ? "" : "not now");
        });
        await publisher.app.StartAsync();
        return publisher;
    }

    /// <summary>The folder of a version that expects it where it is.</summary>
    public string Bundle(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, ".platform"));
        File.WriteAllText(Path.Combine(folder, "oms.yml"), $$"""
            oms: 1
            info: { title: chat, version: "1", description: Publishes }
            actions:
              listen:
                events:
                  message:
                    http:
                      port: {{Address.Port}}
                      subscribe: { method: post, path: /subscribe }
                      unsubscribe: { method: post, path: /unsubscribe }
                    arguments:
                      room: { type: string, in: requestBody, required: true }
                    output: { type: object }
            """);
        File.WriteAllBytes(
            Path.Combine(folder, ServiceRuntime.Path), JsonSerializer.SerializeToUtf8Bytes(new ServiceRuntime(ServiceKinds.Server, "oms.yml", Address: Address.ToString()), PlatformJson.Options));
        return folder;
    }

    /// <param name="subscription">As it was asked for.</param>
    /// <returns>What its subscriber answered.</returns>
    public async Task<HttpStatusCode> DeliverAsync(JsonElement subscription, string body, string media = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, subscription.GetProperty("endpoint").GetString()) { Content = new StringContent(body, Encoding.UTF8) };
        request.Content.Headers.ContentType = new(media);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
    }
}
