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

    /// <summary>Connectors and connections, wherever a command asks for one.</summary>
    public static RootCommand WithNames(this RootCommand root)
    {
        foreach (var group in root.Subcommands)
            Add(group, group.Name);
        return root;
    }

    private static void Add(Command command, string group)
    {
        foreach (var argument in command.Arguments)
        {
            var path = argument.Name == "connection" || (group == "connections" && argument.Name == "name" && command.Name != "create") ? "/v1/connections"
                : group == "connectors" && argument.Name == "name" ? "/v1/connectors" : null;
            if (path is null) continue;
            argument.CompletionSources.Add(Of(path));
            // Help would ask for them otherwise.
            argument.HelpName ??= argument.Name;
        }

        foreach (var option in command.Options)
        {
            if (option.Name is not ("--connection" or "--connector")) continue;
            option.CompletionSources.Add(Of($"/v1/{option.Name[2..]}s"));
            option.HelpName ??= option.Name[2..];
        }

        foreach (var sub in command.Subcommands) Add(sub, group);
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
