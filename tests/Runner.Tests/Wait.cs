using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Platform.Runner.Tests;

internal static class Wait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static Task ForAsync(string what, Func<bool> condition, TimeSpan timeout) => ForAsync(what, () => Task.FromResult(condition()), timeout);

    public static async Task ForAsync(string what, Func<Task<bool>> condition, TimeSpan timeout)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < timeout, $"Not within {timeout.TotalSeconds} s: {what}");
            await Task.Delay(Interval, TestContext.Current.CancellationToken);
        }
    }
}

internal sealed class CollectedLog : ILogger
{
    private readonly StringBuilder text = new();

    public string Text
    {
        get
        {
            lock (text)
                return text.ToString();
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (text)
            text.AppendLine(formatter(state, exception));
    }
}
