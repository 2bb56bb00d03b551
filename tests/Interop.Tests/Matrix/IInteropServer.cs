namespace Platform.Interop.Tests.Matrix;

/// <summary>A server that runs, in this process or another.</summary>
internal interface IInteropServer : IAsyncDisposable
{
    /// <summary>127.0.0.1:PORT</summary>
    string Tcp { get; }

    /// <summary>unix:PATH</summary>
    string Unix { get; }
}
