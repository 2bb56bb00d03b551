using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Platform.Cli.Help;

/// <summary>The examples in the help of every command; a test parses each, and asks for one where a command has none.</summary>
internal static class Examples
{
    // The command, and what follows it; a second line of a command is another example of it.
    private static readonly (string Command, string Arguments)[] Table =
    [
        ("actions invoke", "docs largest count=3"),
        ("actions invoke", "docs close_order --arguments - --wait < arguments.json"),
        ("actions list", "docs"),
        ("actions show", "docs largest"),
        ("audit", "--denied"),
        ("bench", "edge"),
        ("catalog", "--refresh"),
        ("completion", "bash > ~/.local/share/bash-completion/completions/platform"),
        ("connections check", "docs"),
        ("connections create", "docs --connector files --options '{\"root\": \"/usr/share/doc\"}'"),
        ("connections delete", "docs --yes"),
        ("connections list", "--json"),
        ("connections show", "docs"),
        ("connections update", "docs --max-delete-fraction 0.2 --default max_attempts"),
        ("connectors delete", "files --version 1"),
        ("connectors install", "connectors/files-go/manifest.json"),
        ("connectors install", "files@1.2.0 --name documents"),
        ("connectors list", "--json"),
        ("connectors rollback", "files --to 1"),
        ("connectors show", "files"),
        ("connectors spec", "files"),
        ("connectors update", "files"),
        ("connectors versions", "files"),
        ("demo", "--once"),
        ("doctor", "--json"),
        ("down", "--data /srv/platform"),
        ("events", "--type 'sync.*' --connection docs --follow"),
        ("image build", "connectors/greeter-oms -t greeter:1"),
        ("image check", "greeter:1 --config configuration"),
        ("image update", "configuration --env DATABASE_URL=postgres://db/orders"),
        ("image upgrade", "configuration https://example.org/connector-2.0.0.tgz"),
        ("image validate", "greeter:1 --config configuration"),
        ("installs cancel", "0199a1b2-0000-7000-8000-000000000001"),
        ("installs list", "--connector files --limit 10"),
        ("installs log", "0199a1b2-0000-7000-8000-000000000001"),
        ("installs show", "0199a1b2-0000-7000-8000-000000000001"),
        ("invocations cancel", "0199a1b2-0000-7000-8000-000000000001"),
        ("invocations list", "--connection docs --state failed"),
        ("invocations log", "0199a1b2-0000-7000-8000-000000000001 --follow"),
        ("invocations result", "0199a1b2-0000-7000-8000-000000000001 --output result.json"),
        ("invocations show", "0199a1b2-0000-7000-8000-000000000001"),
        ("lock apply", "platform.lock.json --strict"),
        ("lock show", "--output platform.lock.json"),
        ("login", "https://platform.example.org"),
        ("login", "https://platform.example.org --token-stdin < token.txt"),
        ("logout", ""),
        ("objects export", "--connection docs --since 0 --deleted any --output docs.ndjson"),
        ("objects list", "--connection docs --prefix adduser/ --path '$.size > 1000' --limit 20"),
        ("oms check", "connectors/greeter-oms"),
        ("query", "sales query.json"),
        ("rejects dismiss", "42"),
        ("rejects list", "--connection docs --limit 20"),
        ("rejects replay", "42 --replace-invalid"),
        ("rejects show", "42"),
        ("runs cancel", "0199a1b2-0000-7000-8000-000000000001"),
        ("runs limits", "--global 20 --connector files=2"),
        ("runs list", "--connection docs --state failed"),
        ("runs log", "0199a1b2-0000-7000-8000-000000000001 -f --level warn"),
        ("runs show", "0199a1b2-0000-7000-8000-000000000001"),
        ("runs sweep", "0199a1b2-0000-7000-8000-000000000001"),
        ("schedules create", "docs --every 1h"),
        ("schedules create", "docs --cron '0 3 * * *' --time-zone Europe/Berlin"),
        ("schedules delete", "0199a1b2-0000-7000-8000-000000000001"),
        ("schedules list", "--connection docs"),
        ("schedules pause", "0199a1b2-0000-7000-8000-000000000001"),
        ("schedules resume", "0199a1b2-0000-7000-8000-000000000001"),
        ("schedules show", "0199a1b2-0000-7000-8000-000000000001"),
        ("schedules trigger", "0199a1b2-0000-7000-8000-000000000001"),
        ("schedules update", "0199a1b2-0000-7000-8000-000000000001 --every 30m"),
        ("state reset", "docs"),
        ("state set", "docs --state '{\"page\": 7}'"),
        ("state show", "docs --json"),
        ("status", "--json"),
        ("subscriptions create", "orders changed customer=7"),
        ("subscriptions delete", "orders 0199a1b2-0000-7000-8000-000000000001"),
        ("subscriptions list", "orders"),
        ("subscriptions show", "orders 0199a1b2-0000-7000-8000-000000000001"),
        ("sync", "docs --watch"),
        ("test", "Gateway"),
        ("tokens create", "reporting --scope objects:read --expires-days 90"),
        ("tokens list", "--revoked"),
        ("tokens revoke", "reporting"),
        ("tokens rotate", "reporting --overlap-seconds 600"),
        ("up", "--port 5090 --data /srv/platform"),
        ("webhooks create", "billing https://example.org/hooks --type 'sync.*' --connection docs"),
        ("webhooks delete", "billing"),
        ("webhooks deliveries", "billing --state dead"),
        ("webhooks list", "--json"),
        ("webhooks replay", "billing"),
        ("webhooks rotate", "billing --overlap-seconds 600"),
        ("webhooks show", "billing"),
        ("webhooks test", "billing"),
        ("webhooks update", "billing --enabled false"),
    ];

    public static IEnumerable<string> Paths => Table.Select(row => row.Command);

    /// <param name="path">Without the program's name, such as <c>runs list</c>.</param>
    /// <returns>Whole command lines, as they are typed into a shell.</returns>
    public static IEnumerable<string> Of(string path) => Table.Where(row => row.Command == path).Select(row => $"platform {row.Command} {row.Arguments}".TrimEnd());

    /// <summary>Lets the help of every command end with its examples.</summary>
    public static RootCommand WithExamples(this RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
            if (help.Action is HelpAction usual)
                help.Action = new HelpWithExamples(usual);
        return root;
    }

    private sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        // What else is missing matters to nobody who asks for help.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = usual.Invoke(parseResult);
            var examples = Of(string.Join(' ', CommandLine.PathOf(parseResult.CommandResult).Skip(1))).ToList();
            if (examples.Count == 0) return code;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
            foreach (var example in examples) output.WriteLine($"  {example}");
            output.WriteLine();
            return code;
        }
    }
}
