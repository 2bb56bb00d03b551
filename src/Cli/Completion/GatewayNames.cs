using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Completion;

/// <summary>Names that only the gateway knows. A shell waits for them: an answer that does not come soon, whatever the reason, is none.</summary>
internal static class GatewayNames
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);
    private const int Most = 1000;

    /// <summary>Connectors, connections, webhooks and tokens, wherever a command asks for one; and what options can be.</summary>
    public static RootCommand WithNames(this RootCommand root)
    {
        foreach (var group in root.Subcommands)
            Add(group, group.Name, group.Name);
        return root;
    }

    private static void Add(Command command, string group, string path)
    {
        foreach (var argument in command.Arguments)
        {
            var list = argument.Name switch
            {
                "connection" => "/v1/connections",
                "token" => "/v1/tokens",
                "name" when group is "connections" or "connectors" or "webhooks" && command.Name != "create" => $"/v1/{group}",
                _ => null,
            };
            if (list is null) continue;
            argument.CompletionSources.Add(Of(list));
            // Help would ask for them otherwise.
            argument.HelpName ??= argument.Name;
        }

        foreach (var option in command.Options)
        {
            var list = option.Name switch { "--connection" => "/v1/connections", "--connector" => "/v1/connectors", "--actor" => "/v1/tokens", _ => null };
            if (list is not null) option.CompletionSources.Add(Of(list));
            else if (KnownValues.Of(path, option.Name) is { } values) option.CompletionSources.Add(values);
            else continue;
            option.HelpName ??= option.Name[2..];
        }

        foreach (var sub in command.Subcommands) Add(sub, group, $"{path} {sub.Name}");
    }

    private static Func<CompletionContext, IEnumerable<CompletionItem>> Of(string path) => _ =>
    {
        try
        {
            using var deadline = new CancellationTokenSource(AnswerWithin);
            using var api = new ApiClient(Settings.Load());
            // The library has no asynchronous completions, and nobody else uses this thread.
            return Task.Run(async () => await api.ListAsync(path, deadline.Token).Take(Most).Select(NameOf).ToListAsync(deadline.Token)).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is CliException or ApiException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    };

    private static CompletionItem NameOf(JsonElement item) => new(item.GetProperty("name").GetString()!);
}
