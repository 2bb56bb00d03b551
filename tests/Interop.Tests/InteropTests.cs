using Platform.Interop.Tests.Client;
using Platform.Interop.Tests.Matrix;

namespace Platform.Interop.Tests;

public sealed class InteropTests(InteropRun run) : IClassFixture<InteropRun>
{
    public static TheoryData<string, string, string> Pairs()
    {
        var pairs = new TheoryData<string, string, string>();
        foreach (var transport in Transports.All)
        {
            pairs.Add(PeerLimits.Ours, PeerLimits.Ours, transport);
            foreach (var peer in Peer.All)
            {
                pairs.Add(PeerLimits.Ours, peer.Name, transport);
                pairs.Add(peer.Name, PeerLimits.Ours, transport);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Every_case_passes(string client, string server, string transport)
    {
        var results = await run.ResultsAsync;
        SkipIfMissing(client);
        SkipIfMissing(server);
        var result = results.Single(result => result.Client == client && result.Server == server && result.Transport == transport);

        var failures = OurClient.Cases.Where(entry => result.Failed(entry.Name)).Select(entry => $"{entry.Name}: {result.ErrorOf(entry.Name)}");

        Assert.True(!failures.Any(), string.Join('\n', failures));
    }

    [Fact]
    public async Task The_page_shows_what_was_measured()
    {
        var results = await run.ResultsAsync;
        foreach (var peer in Peer.All)
            SkipIfMissing(peer.Name);

        var page = MatrixDocument.Render(results, run.Programs);
        TestContext.Current.SendDiagnosticMessage(page);

        var before = File.Exists(MatrixDocument.File) ? await File.ReadAllTextAsync(MatrixDocument.File, TestContext.Current.CancellationToken) : "";
        if (MatrixDocument.Comparable(before) != MatrixDocument.Comparable(page))
        {
            await File.WriteAllTextAsync(MatrixDocument.File, page, TestContext.Current.CancellationToken);
            Assert.Fail("docs/interop.md was out of date. It has been written anew: look at the difference and commit it.\n" + page);
        }
    }

    private void SkipIfMissing(string peer)
    {
        if (!run.Missing.TryGetValue(peer, out var reason))
            return;

        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(reason);

        Assert.Skip(reason);
    }
}
