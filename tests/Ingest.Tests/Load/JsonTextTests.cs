using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using Platform.Ingest.Load;
using Platform.Servers;

namespace Platform.Ingest.Tests.Load;

public sealed partial class JsonTextTests(ServersFixture servers)
{
    private const int RandomTexts = 20_000;

    [Theory]
    [InlineData("{}")]
    [InlineData(" \t\r\n[1, -0, 1.5e+3, 0E-7]\n")]
    [InlineData("""{"a": {"b": [true, false, null]}, "a": "twice"}""")]
    [InlineData("""{"key \u00e9 \ud83d\ude00": "\\u0000 \" \/ \b\f\n\r\t é 😀"}""")]
    [InlineData("\"text\"")]
    [InlineData("0")]
    [InlineData("1e1000")]
    [InlineData("1e-0001000")]
    [InlineData("true")]
    public void What_is_JSON_is_readable(string text) => Assert.True(JsonText.IsReadable(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("hello")]
    [InlineData("2024-01-02")]
    [InlineData("{")]
    [InlineData("\"")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{a:1}")]
    [InlineData("[1] [2]")]
    [InlineData("[1 /* why */]")]
    [InlineData("[01]")]
    [InlineData("[.5]")]
    [InlineData("[NaN]")]
    [InlineData("[\"tab\tinside\"]")]
    [InlineData("[\"\\x41\"]")]
    [InlineData("\ufeff{}")]
    [InlineData("\u00a0{}")]
    [InlineData("[\"\\u0000\"]")]
    [InlineData("{\"\\u0000\":1}")]
    [InlineData("[\"\\ud800\"]")]
    [InlineData("[\"\\ud800x\"]")]
    [InlineData("[\"\\ud800\\n\"]")]
    [InlineData("[\"\\udc00\\ud800\"]")]
    [InlineData("[\"\\ud800\\ud800\"]")]
    [InlineData("1e1001")]
    [InlineData("[-1E+99999999999999999999]")]
    public void What_is_not_or_can_not_be_kept_is_not(string text) => Assert.False(JsonText.IsReadable(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Size_depth_and_digits_are_bounded()
    {
        static bool IsReadable(string text) => JsonText.IsReadable(Encoding.UTF8.GetBytes(text));
        Assert.True(IsReadable(new string('[', 256) + new string(']', 256)));
        Assert.False(IsReadable(new string('[', 257) + new string(']', 257)));
        Assert.True(IsReadable($"[{new string('9', 1000)}]"));
        Assert.False(IsReadable($"[{new string('9', 1001)}]"));
        Assert.True(IsReadable($"\"{new string('x', (1 << 20) - 2)}\""));
        Assert.False(IsReadable($"\"{new string('x', (1 << 20) - 1)}\""));
    }

    /// <summary>Pieces of JSON in any order: most are not JSON, a fair part is, and many are nearly.</summary>
    [Fact]
    public async Task Every_text_that_is_called_readable_is_read_by_the_server_and_few_others_are()
    {
        string[] pieces =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "0000", "\\u0000", "\\ud83d", "\\ude00", "\\u00E9", "\\\"", "\\\\", "\\n", "\\/", "a", "é", "😀", "\"k\":", "\"v\"",
            "0", "1", "-", "+", ".", "e", "E5", "1e", "-0.5e-7", "12", "true", "false", "null", " ", "\n", "\t", "\u00a0", "\u0001", "[]", "{}", "{\"a\":1}", "[\"", "\"]",
            "1e131072", "1e-16384", "1e2000", "9e999", new('7', 900), "1e99999999999999999999",
        ];
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var texts = Enumerable.Range(0, RandomTexts).Select(_ => Shape(string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => pieces[random.Next(pieces.Length)])), random)).ToArray();
        var read = await ReadByServerAsync(texts);

        var claimed = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            var readable = JsonText.IsReadable(Encoding.UTF8.GetBytes(texts[i]));
            Assert.False(readable && !read[i], $"seed {seed}: the server can't read what was called readable: {texts[i]}");
            // Only numbers out of bounds may be left out.
            Assert.False(!readable && read[i] && !MayBeOutOfBounds().IsMatch(texts[i]), $"seed {seed}: the server can read {texts[i]}");
            claimed += readable ? 1 : 0;
        }

        Assert.InRange(claimed, RandomTexts / 50, RandomTexts * 9 / 10);
    }

    [GeneratedRegex("[0-9][eE]|777")]
    private static partial Regex MayBeOutOfBounds();

    private static string Shape(string inner, Random random) => random.Next(4) switch
    {
        0 => inner,
        1 => $"[{inner}]",
        2 => $"[\"{inner}\"]",
        _ => $"{{\"{inner}\":{random.Next(100)}}}",
    };

    private async Task<bool[]> ReadByServerAsync(string[] texts)
    {
        await using var source = NpgsqlDataSource.Create(servers.PostgresConnectionString("json"));
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using (var create = new NpgsqlCommand("""
            CREATE FUNCTION pg_temp.readable(value text) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM value::jsonb;
                RETURN true;
            EXCEPTION WHEN OTHERS THEN
                RETURN false;
            END $$
            """, connection))
            await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var ask = new NpgsqlCommand("SELECT array_agg(pg_temp.readable(t) ORDER BY n) FROM unnest($1) WITH ORDINALITY AS u(t, n)", connection) { Parameters = { new() { Value = texts } } };
        return (bool[])(await ask.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
