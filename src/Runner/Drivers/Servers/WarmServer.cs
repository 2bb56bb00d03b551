using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Servers;

/// <summary>A server that is there and ready, whatever it speaks.</summary>
internal abstract class WarmServer
{
    /// <summary>It is gone, or has to be replaced: not for further calls. Those under way may still end.</summary>
    public virtual bool HasEnded => false;

    /// <summary>As invocations record it, such as <c>docker</c>, <c>bwrap+cgroup1</c> or <c>server</c>.</summary>
    public abstract string Isolation { get; }

    /// <summary>From now on its own output goes there too, until what is returned is disposed.</summary>
    public virtual IDisposable? Follow(ConnectorOutput output) => null;

    /// <summary>Ends it gently, then by force, with everything that it started. Never fails, and may be repeated.</summary>
    /// <param name="hurry">There is no more time to be gentle.</param>
    public virtual Task EndAsync(CancellationToken hurry) => Task.CompletedTask;
}
