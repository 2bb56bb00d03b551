using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Tokens;

/// <summary><c>tokens …</c>: who may use the platform, and for what.</summary>
internal static class TokenCommands
{
    private static readonly string[] Columns = ["name", "scopes", "expires", "last used", "addresses", "state", "id"];

    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Who it is for." };
        var scopes = new Option<string[]>("--scope") { Description = "What it allows, such as runs:start; may be given several times. admin allows everything.", Required = true };
        var days = new Option<int?>("--expires-days") { Description = "After so many days it ends; without this never." };
        var addresses = new Option<string[]>("--address") { Description = "A network such as 10.0.0.0/8, or an address, that it may be used from; may be given several times." };
        return new Command("create", "Makes a token and prints it, this once: platform tokens create reporting --scope objects:read --expires-days 90") { name, scopes, days, addresses }.Does(async call =>
        {
            DateTimeOffset? end = call.Get(days) is { } count ? End(count) : null;
            var made = await call.Api.PostAsync("/v1/tokens", new { name = call.Get(name), scopes = call.Get(scopes), expires_at = end, addresses = call.Get(addresses) ?? [] }, call.Cancel);
            Tell(call, made, "");
            return ExitCode.Ok;
        });
    }

    public static Command List()
    {
        var revoked = new Option<bool>("--revoked") { Description = "Those too that were revoked." };
        return new Command("list", "Lists the tokens, the newest first, without their texts.") { revoked }.Does(async call =>
        {
            var json = await call.Api.GetAsync("/v1/tokens" + (call.Get(revoked) ? "?revoked=true" : ""), call.Cancel);
            call.Screen.Document(json);
            call.Screen.Table(Columns, json.To<Page>().Items.Select(item => Cells(item.To<Token>())), "No tokens.");
            return ExitCode.Ok;
        });
    }

    public static Command Rotate()
    {
        var token = new Argument<string>("token") { Description = "Its name or id." };
        var overlap = new Option<int?>("--overlap-seconds") { Description = "So long the text before works as well; an hour by default." };
        return new Command("rotate", "Gives a token another text and prints it, this once.") { token, overlap }.Does(async call =>
        {
            var made = await call.Api.PostAsync($"{PathOf(call.Get(token))}/rotate{(call.Get(overlap) is { } seconds ? $"?overlap_seconds={seconds}" : "")}", new { }, call.Cancel);
            Tell(call, made, made.To<Token>().PreviousUntil is { } until ? $" The one before works until {until:u}." : " The one before works no more.");
            return ExitCode.Ok;
        });
    }

    public static Command Revoke()
    {
        var token = new Argument<string>("token") { Description = "Its name or id." };
        return new Command("revoke", "Ends a token for good, with the streams that it has open.") { token }.Does(async call =>
        {
            await call.Api.DeleteAsync(PathOf(call.Get(token)), call.Cancel);
            call.Screen.Document(new { Token = call.Get(token), Revoked = true });
            call.Screen.Say($"{call.Get(token)} is revoked.");
            return ExitCode.Ok;
        });
    }

    private static DateTimeOffset End(int days) => days is >= 1 and <= 3650 ? DateTimeOffset.UtcNow.AddDays(days)
        : throw new CliException(ExitCode.Usage, "bad_usage", $"--expires-days is {days.ToString(CultureInfo.InvariantCulture)}.", "From 1 to 3650.");

    private static void Tell(Call call, JsonElement made, string more)
    {
        var token = made.To<Token>();
        call.Screen.Document(made);
        call.Screen.Say(token.Text!);
        call.Screen.Note($"This is the token {token.Name}; nobody can show it again.{more} Use it: export PLATFORM_TOKEN=…, or the header Authorization: Bearer …");
    }

    private static string PathOf(string token) => $"/v1/tokens/{Uri.EscapeDataString(token)}";

    private static string?[] Cells(Token token) =>
    [
        token.Name, string.Join(' ', token.Scopes), token.ExpiresAt?.ToString("u", CultureInfo.InvariantCulture) ?? "never", token.LastUsedAt?.ToString("u", CultureInfo.InvariantCulture) ?? "never",
        string.Join(' ', token.Addresses), token.RevokedAt is not null ? "revoked" : token.ExpiresAt < DateTimeOffset.UtcNow ? "expired" : token.PreviousUntil is not null ? "rotating" : "usable", token.Id.ToString(),
    ];

    private sealed record Token(
        Guid Id, string Name, [property: System.Text.Json.Serialization.JsonPropertyName("token")] string? Text, IReadOnlyList<string> Scopes, IReadOnlyList<string> Addresses,
        DateTimeOffset? ExpiresAt, DateTimeOffset? PreviousUntil, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);
}
