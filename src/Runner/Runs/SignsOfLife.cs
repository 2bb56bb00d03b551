using System.Diagnostics;

namespace Platform.Runner.Runs;

/// <summary>When a connector was last heard of in its sync. While it waits for the platform, its silence is not its own.</summary>
internal sealed class SignsOfLife
{
    private readonly Lock gate = new();
    private long started;
    private long last;
    private int waiting;
    private long waitingSince;
    private bool sentPage;

    /// <summary>It answers: from here on its time counts.</summary>
    public void Start()
    {
        lock (gate)
            started = Stopwatch.GetTimestamp();
    }

    /// <summary>It said something that is no page.</summary>
    public void Hear()
    {
        lock (gate)
            last = Stopwatch.GetTimestamp();
    }

    /// <summary>A page came, or a state; until the answer is disposed, the connector waits for it to be taken.</summary>
    public Waiting HearPage()
    {
        lock (gate)
            sentPage = true;
        return WaitForPlatform();
    }

    /// <summary>Something of the platform is waited for until the answer is disposed.</summary>
    public Waiting WaitForPlatform()
    {
        lock (gate)
        {
            if (waiting++ == 0)
                waitingSince = Stopwatch.GetTimestamp();
        }

        return new(this);
    }

    /// <summary>The limit that is exceeded now; null: none.</summary>
    public RunFaultException? Exceeded(SyncLimits limits)
    {
        lock (gate)
        {
            if (started == 0 || waiting > 0)
                return null;
            if (!sentPage && Stopwatch.GetElapsedTime(started) > limits.FirstPage)
                return Faults.FirstPageTimeout(limits.FirstPage);
            return last != 0 && Stopwatch.GetElapsedTime(last) > limits.Idle ? Faults.IdleTimeout(limits.Idle) : null;
        }
    }

    /// <summary>How long it has been at work.</summary>
    public TimeSpan Total
    {
        get
        {
            lock (gate)
                return started == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(started);
        }
    }

    /// <summary>For how long it has said nothing although nothing hindered it; null: it waits for the platform, or has not started.</summary>
    public TimeSpan? Silence
    {
        get
        {
            lock (gate)
                return started == 0 || waiting > 0 ? null : Stopwatch.GetElapsedTime(Math.Max(started, last));
        }
    }

    /// <summary>For how long something of the platform has been waited for; null: nothing is.</summary>
    public TimeSpan? WaitingTime
    {
        get
        {
            lock (gate)
                return waiting == 0 ? null : Stopwatch.GetElapsedTime(waitingSince);
        }
    }

    private void GoOn()
    {
        lock (gate)
        {
            waiting--;
            // Before its first page only that one's limit counts.
            if (sentPage)
                last = Stopwatch.GetTimestamp();
        }
    }

    internal readonly struct Waiting(SignsOfLife life) : IDisposable
    {
        public void Dispose() => life.GoOn();
    }
}
