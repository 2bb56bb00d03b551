using System.Text;
using Platform.Interop.Tests.Client;

namespace Platform.Interop.Tests.Matrix;

/// <summary>docs/interop.md: the measured matrix as a page.</summary>
internal static class MatrixDocument
{
    public static readonly string File = RepositoryDirectory.PathOf("docs", "interop.md");

    private static readonly (string Client, string Server)[] Pairs =
    [
        (PeerLimits.Ours, PeerLimits.Ours),
        .. Peer.All.Select(peer => (PeerLimits.Ours, peer.Name)),
        .. Peer.All.Select(peer => (peer.Name, PeerLimits.Ours)),
    ];

    public static string Render(IReadOnlyList<PairResult> results, IReadOnlyDictionary<string, PeerProgram> programs)
    {
        var notes = new List<string>();
        var page = new StringBuilder("""
            # Interoperability

            The interop cases of the gRPC project between the gRPC packages of this tree (`standins/Grpc.*`: "ours") and other
            implementations, each as a client and as a server, without TLS. A column is one client → one server, a row one case by
            its name in the gRPC project. tests/Interop.Tests measures it, writes this page, and fails when the page was out of date
            or a cell says "fail" (`./platform test Interop`); do not edit it by hand. TLS has tests of its own (tests/Standins.Tests/Grpc/TlsTests.cs).

            "n/a" and the numbers behind "pass" are limits of the other implementation's library, explained below; the tables know
            none for ours.


            """);
        page.Append("| name | implementation | version |\n|---|---|---|\n| ours | standins/Grpc.* | this commit's |\n");
        foreach (var peer in Peer.All)
            page.Append($"| {peer.Name} | {peer.Library} | {programs[peer.Name].Version} |\n");

        AppendTable(page, "Over TCP (h2c on loopback)", results.Where(result => result.Transport == Transports.Tcp).ToArray(), notes);
        AppendTable(page, "Over a unix socket (h2c)", results.Where(result => result.Transport == Transports.Unix).ToArray(), notes);
        page.Append("\n## Notes\n\n");
        for (var index = 0; index < notes.Count; index++)
            page.Append($"{index + 1}. {notes[index]}\n");

        return page.ToString();
    }

    // Versions of Debian's packages differ between machines; they are those of the machine that wrote the page.
    public static string Comparable(string page) =>
        string.Join('\n', page.Split('\n').Where(line => !line.Contains("(Debian) |", StringComparison.Ordinal)));

    private static void AppendTable(StringBuilder page, string title, PairResult[] results, List<string> notes)
    {
        page.Append($"\n## {title}\n\n| case |{string.Concat(Pairs.Select(pair => $" {pair.Client} → {pair.Server} |"))}\n|---|{string.Concat(Pairs.Select(_ => "---|"))}\n");
        foreach (var (name, _) in OurClient.Cases)
        {
            page.Append($"| {name} |");
            foreach (var (client, server) in Pairs)
                page.Append($" {Cell(results.Single(result => result.Client == client && result.Server == server), name, notes)} |");

            page.Append('\n');
        }
    }

    private static string Cell(PairResult result, string name, List<string> notes)
    {
        if (result.Failed(name))
            return $"**fail**: {string.Join(' ', result.ErrorOf(name)!.Split(['\r', '\n', '|'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}";

        if (PeerLimits.Of(result.Client, result.Server, name) is not var (reason, notApplicable))
            return "pass";

        if (!notes.Contains(reason))
            notes.Add(reason);

        return $"{(notApplicable ? "n/a" : "pass")} ({notes.IndexOf(reason) + 1})";
    }
}
