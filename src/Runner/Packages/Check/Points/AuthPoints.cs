using Platform.Ndc;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>A: the token lets in, and nothing else does.</summary>
internal static class AuthPoints
{
    private static readonly Point Guarded = new("A1", Grade.Must, "Without the token, or with a wrong one, nothing is answered; with it, all is",
        "Where HASURA_SERVICE_TOKEN_SECRET is set, answer 401 to every request but GET /health whose Authorization is not \"Bearer\" and that secret.");

    private static readonly Point Silent = new("A3", Grade.Must, "The token is not in its logs", "Write neither the environment nor the headers of requests to the logs.");

    private static readonly Point Open = new("A4", Grade.Should, "An empty HASURA_SERVICE_TOKEN_SECRET is none", "Take the variable as unset when it is empty, and let everybody in.");

    public static IReadOnlyList<Point> All => [Guarded, Silent, Open];

    public static async Task TokenAsync(Findings findings, Trial trial, Probe probe, CancellationToken cancel)
    {
        List<string> wrong = [];
        List<(HttpMethod Method, string Path, string? Body)> requests = [(HttpMethod.Get, "/schema", null)];
        if (probe.Query is { } query)
            requests.Add((HttpMethod.Post, "/query", query.Body));
        foreach (var (method, path, body) in requests)
        {
            foreach (var (token, how) in new[] { ("", "without a token"), (new string('0', trial.Token.Length), "with a wrong token") })
                await LookAsync(method, path, body, token, how, status => status is 401 or 403);
            await LookAsync(method, path, body, trial.Token, "with the token", status => status is not (401 or 403));
        }

        findings.Judge(Guarded, wrong.Count == 0, wrong.Count == 0 ? $"{string.Join(" and ", requests.Select(r => r.Path))} were answered with the token alone." : string.Join("; ", wrong) + ".");

        async Task LookAsync(HttpMethod method, string path, string? body, string token, string how, Func<int, bool> isRight)
        {
            try
            {
                var answer = await trial.SendAsync(method, path, body, cancel, token);
                if (!isRight(answer.Status))
                    wrong.Add($"{answer} {how}");
            }
            catch (NdcException e)
            {
                wrong.Add($"{e.Fault.Message.TrimEnd('.')}, {how}");
            }
        }
    }

    /// <param name="trial">Has ended.</param>
    public static void Logged(Findings findings, Trial trial)
    {
        var lines = trial.Output.Concat(trial.Error).Count(l => l.Contains(trial.Token, StringComparison.Ordinal));
        findings.Judge(Silent, lines == 0, lines == 0 ? $"It is in none of {trial.Output.Count + trial.Error.Count} lines." : $"It is in {lines} lines.");
    }

    /// <summary>With an empty token, and a configuration that could be written.</summary>
    public static async Task EmptyAsync(CheckedImage image, CancellationToken cancel)
    {
        var folder = image.Configurations.Copy();
        var before = ConfigurationCopies.State(folder);
        await using var trial = await image.StartAsync(new(Token: "") { Folder = folder, IsWritable = true }, cancel);
        if (await trial.ReadyAsync(cancel) is { } seen)
        {
            image.Findings.Fail(Open, $"With an empty token {seen}.");
            return;
        }

        try
        {
            var answer = await trial.SendAsync(HttpMethod.Get, "/schema", null, cancel);
            image.Findings.Judge(Open, answer.Status is not (401 or 403), $"With an empty token, and none sent, {answer}.");
        }
        catch (NdcException e)
        {
            image.Findings.Fail(Open, e.Fault.Message);
        }

        await trial.Container.StopAsync(Trial.Grace, cancel);
        ConfigurationPoints.Touched(image.Findings, trial, before);
    }
}
