using System.CommandLine;
using System.Net.Http.Headers;
using Platform.Cli.Api;
using Spectre.Console;

namespace Platform.Cli.Login;

/// <summary><c>login</c>, <c>logout</c>: an address with its token for the commands that follow, kept where only the user can read it.</summary>
internal static class LoginCommands
{
    public static Command Login()
    {
        var address = new Argument<string>("address") { Description = "The gateway's, such as https://platform.example.org; asked for on a terminal.", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = _ => "" };
        var standardInput = new Option<bool>("--token-stdin") { Description = "Read the token from standard input. There is no option with the token itself: others could see it." };
        return new Command("login", "Keeps an address and a token for the commands that follow, once the gateway has accepted them.") { address, standardInput }.Does(async call =>
        {
            var url = Address(call.Get(address) is { Length: > 0 } given ? given : await AskAsync(call, "Address of the gateway:", secret: false));
            var token = call.Get(standardInput) ? await StandardInput.ReadToEndAsync(call.Cancel) : await AskAsync(call, "Token:", secret: true);
            var settings = new Settings(url, CheckForm(token.Trim()));
            await CheckAsync(settings, call.Cancel);
            settings.SaveLogin();
            call.Screen.Document(new { settings.Url, File = Settings.LoginPath });
            call.Screen.Say($"Logged in to {url}. The token is kept in {Settings.LoginPath}");
            if (new Uri(url) is { Scheme: "http", IsLoopback: false })
                call.Screen.Warn("plain_http", $"{url} is not encrypted: whoever is on the way can read the token.", "Use https.");
            foreach (var name in (string[])["PLATFORM_URL", "PLATFORM_TOKEN"])
                if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))
                    call.Screen.Warn("variable_wins", $"{name} is set, and goes before what was kept.", $"unset {name}");
            return ExitCode.Ok;
        });
    }

    public static Command Logout() => new Command("logout", "Forgets what login has kept. The token itself lives on: tokens revoke ends it.").Does(call =>
    {
        var kept = File.Exists(Settings.LoginPath);
        File.Delete(Settings.LoginPath);
        call.Screen.Document(new { LoggedOut = kept });
        call.Screen.Say(kept ? "Logged out." : "Nobody was logged in.");
        return Task.FromResult(ExitCode.Ok);
    });

    private static string Address(string text) =>
        Uri.TryCreate(text.Trim(), UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? address.GetLeftPart(UriPartial.Authority)
            : throw new CliException(ExitCode.Usage, "bad_url", $"'{text.Trim()}' is not the address of a gateway.", "Give scheme, host and port alone, such as https://platform.example.org:8443");

    private static string CheckForm(string token) => Settings.IsToken(token)
        ? token
        : throw new CliException(ExitCode.Usage, "bad_token", token.Length == 0 ? "There is no token." : "What was given has characters that no token has.", "Give the token alone, as tokens create prints it.");

    private static async Task CheckAsync(Settings settings, CancellationToken cancel)
    {
        using var api = new ApiClient(settings);
        try
        {
            await api.GetAsync("/v1/services", cancel);
        }
        catch (ApiException e) when (e.Code == "insufficient_scope")
        {
            // It is known there, and allows something else.
        }
    }

    private static Task<string> AskAsync(Call call, string question, bool secret)
    {
        if (Console.IsInputRedirected || call.Screen.Json)
            throw new CliException(ExitCode.Usage, "bad_usage", $"Without a terminal nobody can be asked for the {(secret ? "token" : "address")}.", "platform login ADDRESS --token-stdin < FILE");
        var prompt = new TextPrompt<string>(question);
        if (secret) prompt.Secret(null);
        return prompt.ShowAsync(AnsiConsole.Console, call.Cancel);
    }
}
