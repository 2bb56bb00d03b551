using System.CommandLine;

namespace Platform.Cli.Objects;

/// <summary>The filters of the API, each an option of its name; the API checks them.</summary>
internal sealed class ObjectOptions
{
    public Option<string?> Connection { get; } = new("--connection") { Description = "Only the objects of this connection." };

    private readonly (string Parameter, Option<string?> Option)[] filters =
    [
        ("connector", new("--connector") { Description = "Only the objects of this connector's connections." }),
        ("stream", new("--stream") { Description = "Only this stream; '' is the unnamed one." }),
        ("remote_id", new("--remote-id") { Description = "Only the object with this id." }),
        ("prefix", new("--prefix") { Description = "Only ids that begin with this." }),
        ("text", new("--text") { Description = "Contained in id, name, uri or metadata, in any case of letters; needs --connection." }),
        ("path", new("--path") { Description = "A jsonpath over metadata that is JSON, such as '$.size > 10'; needs --connection." }),
        ("since", new("--since") { Description = "Only what changed after this change_seq, in that order; needs --connection." }),
        ("deleted", new("--deleted") { Description = "false (the API's default), true (deleted objects alone) or any." }),
    ];

    public void AddTo(Command command)
    {
        command.Add(Connection);
        foreach (var (_, option) in filters) command.Add(option);
    }

    public string Query(string path, Call call, params (string Name, string? Value)[] more) =>
        ListObjects.Query(path, [("connection", call.Get(Connection)), .. filters.Select(filter => (filter.Parameter, call.Get(filter.Option))), .. more]);
}
