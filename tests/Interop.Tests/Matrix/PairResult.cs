namespace Platform.Interop.Tests.Matrix;

/// <summary>What became of the cases between a client and a server; an error of null is a pass.</summary>
internal sealed record PairResult(string Client, string Server, string Transport, IReadOnlyDictionary<string, string?> Errors)
{
    public bool NotApplicable(string name) => PeerLimits.Of(Client, Server, name) is { NotApplicable: true };

    public string? ErrorOf(string name) => Errors.TryGetValue(name, out var error) ? error : "The client did not come to it.";

    public bool Failed(string name) => !NotApplicable(name) && ErrorOf(name) is not null;
}
