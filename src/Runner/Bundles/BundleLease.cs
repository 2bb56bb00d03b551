namespace Platform.Runner.Bundles;

/// <summary>While it is held, the bundle stays where it is.</summary>
/// <param name="files">The folder of the bundle's files, checked when the lease began.</param>
internal sealed class BundleLease(string files, Action release) : IDisposable
{
    private bool released;

    public string Files => files;

    public void Dispose()
    {
        if (!Interlocked.Exchange(ref released, true))
            release();
    }
}
