using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Platform.Cli.Local;

/// <summary>The options that <c>up</c> and <c>demo</c> share.</summary>
internal sealed partial class StartArguments
{
    private const int DefaultPort = 5080;

    private readonly Option<int?> port = new("--port") { Description = $"The gateway's port on 127.0.0.1; {DefaultPort} by default.", Validators = { InRange } };
    private readonly Option<bool> verbose = new("--verbose") { Description = "Show the system's own log on standard error too." };
    private readonly Option<string[]> localRoots = new("--local-root") { Description = "A folder that Local sources may lie below; the checkout is one already." };
    private readonly Option<string[]> readable = new("--readable") { Description = "A folder that connectors may read, besides /usr and /etc." };
    private readonly Option<string[]> outboundAllow = new("--allow-outbound") { Description = "A host[:port] or CIDR range that installs may fetch from, and webhooks go to, although it is not globally routable." };

    private readonly Option<string[]> catalogs = new("--catalog") { Description = "A URL or file that lists connectors to install by name; the samples' by default." };

    public Option<string?> Data { get; } = DataOption();

    public static Option<string?> DataOption() => new("--data") { Description = "The data folder; data in the checkout by default." };

    public static string DataFolder(Call call, Option<string?> option) => call.Get(option) is { } given ? Path.GetFullPath(given) : DataDirectory.Default();

    public Command AddTo(Command command)
    {
        foreach (var option in new Option[] { Data, port, verbose, localRoots, readable, outboundAllow, catalogs }) command.Add(option);
        return command;
    }

    public StartOptions Read(Call call) => new(
        DataFolder(call, Data), call.Get(port) ?? DefaultPort, Persistent: true, call.Get(verbose),
        Folders(call, localRoots), Folders(call, readable), Outbound(call.Get(outboundAllow) ?? []), Catalogs(call.Get(catalogs) ?? []));

    private static void InRange(OptionResult result)
    {
        foreach (var token in result.Tokens)
            if (int.TryParse(token.Value, CultureInfo.InvariantCulture, out var port) && port is < 1 or > 65535) result.AddError($"--port is {port}: from 1 to 65535.");
    }

    private static string[] Catalogs(string[] given)
    {
        var catalogs = given.Select(text => text.Contains("://", StringComparison.Ordinal) ? text : Path.GetFullPath(text)).ToArray();
        var missing = catalogs.Where(text => text.StartsWith('/') && !File.Exists(text)).ToArray();
        return missing.Length == 0 ? catalogs : throw new CliException(
            ExitCode.Usage, "file_missing", $"--catalog: there is no file {string.Join(", ", missing)}.", "Name an index file that exists, or the URL of one.");
    }

    // The services would refuse to start with it, and say so in a log.
    private static string[] Outbound(string[] given)
    {
        var wrong = given.Where(text => !IPNetwork.TryParse(text, out _) && !IPAddress.TryParse(text, out _) && !Host().IsMatch(text)).ToArray();
        return wrong.Length == 0 ? given : throw new CliException(
            ExitCode.Usage, "bad_host", $"--allow-outbound: {string.Join(", ", wrong)} is neither a host, host:port nor a range.", "Write example.org, example.org:8443, 10.0.0.7 or 10.0.0.0/8.");
    }

    [GeneratedRegex(@"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?$")]
    private static partial Regex Host();

    // A folder that is not there would be noticed by the first install or run that needs it, with words about that one.
    private static string[] Folders(Call call, Option<string[]> option)
    {
        var folders = call.Get(option) ?? [];
        var missing = folders.Where(folder => !Directory.Exists(folder)).ToArray();
        return missing.Length == 0 ? folders : throw new CliException(
            ExitCode.Usage, "folder_missing", $"{option.Name}: there is no folder {string.Join(", ", missing)}.", "Name a folder that exists; a relative one is meant from where you are.");
    }
}
