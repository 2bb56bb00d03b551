namespace Platform.Cli.Completion;

/// <summary>What an option can be, where that is known without asking. Only for completion: the API decides, and may know more.</summary>
internal static class KnownValues
{
    public static readonly string[] Types =
    [
        "connector.installed", "connector.install-failed", "connector.rolled-back", "connector.deleted", "connection.created", "connection.updated", "connection.deleted",
        "sync.started", "sync.progressed", "sync.completed", "sync.failed", "sync.cancelled", "sync.swept", "objects.changed", "action.completed", "action.failed",
    ];

    public static readonly string[] Scopes =
    [
        "connectors:read", "connectors:install", "connections:read", "connections:write", "runs:read", "runs:start", "objects:read", "objects:write",
        "actions:read", "actions:invoke", "events:read", "webhooks:write", "admin",
    ];

    // By the option's name, or the command's and its.
    private static readonly Dictionary<string, string[]> Table = new()
    {
        ["--type"] = Types,
        ["--scope"] = Scopes,
        ["runs list --state"] = ["queued", "running", "succeeded", "failed", "cancelled"],
        ["invocations list --state"] = ["queued", "running", "succeeded", "rejected", "failed", "transient", "timed-out", "cancelled", "lost"],
        ["webhooks deliveries --state"] = ["pending", "delivered", "dead"],
        ["--format"] = ["ndjson", "csv"],
        ["--deleted"] = ["false", "true", "any"],
        ["--level"] = ["trace", "debug", "info", "warn", "error"],
        ["--reason"] = ["empty_key", "key_too_long", "nul_character", "invalid_utf8", "object_too_large"],
    };

    /// <param name="path">Of the command, without the program's name.</param>
    public static string[]? Of(string path, string option) => Table.GetValueOrDefault(option) ?? Table.GetValueOrDefault($"{path} {option}");
}
