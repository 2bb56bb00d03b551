using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Platform.Gateway.Tests.Webhooks;

/// <summary>Where webhooks go: notes each request and answers what the test says.</summary>
internal sealed class Target : IAsyncDisposable
{
    private readonly WebApplication app;

    private Target(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{address}:0");
        app = builder.Build();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var request = new Request(context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync());
            Requests.Enqueue(request);
            await Answer(request, context.Response);
        });
    }

    public ConcurrentQueue<Request> Requests { get; } = new();

    /// <summary>200 by default.</summary>
    public Func<Request, HttpResponse, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public string Url => app.Urls.Single();

    public static async Task<Target> StartAsync(string address = "127.0.0.1")
    {
        var target = new Target(address);
        await target.app.StartAsync();
        return target;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    internal sealed record Request(string Path, IReadOnlyDictionary<string, string> Headers, string Body)
    {
        public JsonElement Event => JsonElement.Parse(Body);

        public int Number => Event.GetProperty("data").GetProperty("number").GetInt32();

        /// <summary>As the Standard Webhooks specification says, written down here once more.</summary>
        public bool IsSignedWith(string secret)
        {
            using var hmac = new HMACSHA256(Convert.FromBase64String(secret["whsec_".Length..]));
            var signature = Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes($"{Headers["webhook-id"]}.{Headers["webhook-timestamp"]}.{Body}")));
            return Headers["webhook-signature"].Split(' ').Contains("v1," + signature);
        }
    }
}
