using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Platform.Runner.Tests;

/// <summary>What the actions of tests/Samples/ActingConnector act on: it counts, and lets each go on when the test wants it.</summary>
internal sealed class ActionPeer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, TaskCompletionSource> held = [];
    private int within;

    private ActionPeer()
    {
        // Not one that reads the Runner's appsettings.json, which stands beside the tests.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        app = builder.Build();
        app.MapPost("/{word}", AnswerAsync);
    }

    public string Address => app.Urls.Single();

    /// <summary>Every word that came, in order.</summary>
    public ConcurrentQueue<string> Words { get; } = [];

    /// <summary>So many actions at most were at work at once.</summary>
    public int Most { get; private set; }

    /// <summary>By the word and how often it has come.</summary>
    public Func<string, int, string> Answer { get; set; } = (word, _) => $"{word} done";

    public static async Task<ActionPeer> StartAsync()
    {
        var peer = new ActionPeer();
        await peer.app.StartAsync();
        return peer;
    }

    /// <summary>From now on this word gets no answer until it is let go.</summary>
    public void Hold(string word) => held[word] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo(string word) => held[word].TrySetResult();

    public int Count(string word) => Words.Count(w => w == word);

    public async ValueTask DisposeAsync()
    {
        foreach (var hold in held.Values)
            hold.TrySetResult();
        await app.StopAsync(new CancellationToken(true));
        await app.DisposeAsync();
    }

    private async Task<string> AnswerAsync(string word, HttpContext context)
    {
        Words.Enqueue(word);
        Most = Math.Max(Most, Interlocked.Increment(ref within));
        try
        {
            if (held.TryGetValue(word, out var hold))
                await hold.Task.WaitAsync(context.RequestAborted);
            return Answer(word, Count(word));
        }
        finally
        {
            Interlocked.Decrement(ref within);
        }
    }
}
