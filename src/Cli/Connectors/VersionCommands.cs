using System.CommandLine;
using Platform.Cli.Api;
using Platform.Cli.Installs;

namespace Platform.Cli.Connectors;

/// <summary><c>connectors update|rollback|versions|delete</c>.</summary>
internal static class VersionCommands
{
    public static Command Update()
    {
        var name = new Argument<string>("name") { Description = "The connector's." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as the update is accepted." };
        return new Command("update", "Makes a new version from the connector's source; the old one stays.") { name, noWait }.Does(async call =>
        {
            var before = (await call.Api.GetAsync(PathOf(call.Get(name)), call.Cancel)).To<Connector>().Version;
            var accepted = await call.Api.PostAsync(PathOf(call.Get(name)) + "/update", null, call.Cancel);
            if (!call.Get(noWait)) return await FollowInstall.RunAsync(call, accepted.To<Install>(), before);

            call.Screen.Document(accepted);
            call.Screen.Say($"Install {accepted.To<Install>().Id} of {accepted.To<Install>().Connector} accepted.");
            return ExitCode.Ok;
        });
    }

    public static Command RollBack()
    {
        var name = new Argument<string>("name") { Description = "The connector's." };
        var version = new Option<int?>("--to") { Description = "The version's number; the one before the current by default." };
        return new Command("rollback", "Goes back to an earlier version, at once.") { name, version }.Does(async call =>
        {
            var connector = await call.Api.PostAsync(PathOf(call.Get(name)) + "/rollback", call.Get(version) is { } number ? new { version = number } : null, call.Cancel);
            call.Screen.Document(connector);
            call.Screen.Say($"{connector.To<Connector>().Name} is at version {connector.To<Connector>().Version}; runs that start from now on take it.");
            return ExitCode.Ok;
        });
    }

    public static Command Versions()
    {
        var name = new Argument<string>("name") { Description = "The connector's." };
        return new Command("versions", "Lists the versions of a connector, the latest first.") { name }.Does(async call =>
        {
            var items = await call.Api.ListAsync(PathOf(call.Get(name)) + "/versions", call.Cancel).ToListAsync(call.Cancel);
            call.Screen.Document(new { items });
            call.Screen.Table(
                ["version", "current", "state", "declared", "source", "digest", "bytes", "installed"],
                items.Select(item => item.To<ConnectorVersion>()).Select(v => new[]
                {
                    v.Version.ToString(), v.Current ? "*" : "", v.State, v.DeclaredVersion, Short(v.SourceRevision ?? v.SourceDigest), Short(v.Digest),
                    v.SizeBytes.ToString(), v.InstalledAt?.ToString("u"),
                }),
                "No versions.");
            return ExitCode.Ok;
        });
    }

    public static Command Delete()
    {
        var name = new Argument<string>("name") { Description = "The connector's." };
        var version = new Option<int?>("--version") { Description = "Only this version, which must not be in use; else the connector with all of its versions." };
        return new Command("delete", "Deletes a connector that no connection uses, or one of its versions.") { name, version }.Does(async call =>
        {
            var number = call.Get(version);
            await call.Api.DeleteAsync(PathOf(call.Get(name)) + (number is null ? "" : $"/versions/{number}"), call.Cancel);
            call.Screen.Document(new { Connector = call.Get(name), Version = number, Deleted = true });
            call.Screen.Say(number is null ? $"{call.Get(name)} is deleted." : $"Version {number} of {call.Get(name)} is deleted.");
            return ExitCode.Ok;
        });
    }

    private static string PathOf(string name) => $"/v1/connectors/{Uri.EscapeDataString(name)}";

    private static string? Short(string? digest) => digest is { Length: > 12 } ? digest[..12] : digest;
}
