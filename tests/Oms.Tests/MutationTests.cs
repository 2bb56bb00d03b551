using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Platform.Oms.Tests;

/// <summary>Whatever the text is, it is read or refused, and what comes out keeps its promises.</summary>
public sealed class MutationTests
{
    private static readonly string[] Files = [.. Directory.GetFiles(Sample.Corpus, "*.yml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText).Where(text => text.Length < 6000)];

    private static readonly string[] Bits =
    [
        "\t", ": ", "- ", "{", "}", "[", "]", ",", "&a ", "*a", "<<: *a\n", "!!str ", "!!int ", "! ", "!<", "|\n", ">+\n", "\"", "'", "#", "%YAML 1.2\n", "%TAG ! x\n", "%YAML 99999999999.1\n",
        "---\n", "...\n", "null", "~", "1e999", "-", "\0", "\u0085", "\ud83d\ude00", "? ", "@", "`", "\\", "\r", "0x", "{{", "}}", "😀", "\ufeff", "\u2028",
    ];

    private static readonly string[] Keys =
    [
        "oms", "info", "title", "lifecycle", "startup", "shutdown", "command", "timeout", "actions", "a", "b", "http", "method", "port", "path", "url", "contentType", "format", "run", "rpc",
        "framework", "grpc", "proto", "client", "endpoint", "tls", "ca", "events", "e", "subscribe", "unsubscribe", "arguments", "x", "type", "in", "required", "default", "enum", "pattern",
        "range", "min", "max", "list", "map", "elements", "keys", "values", "properties", "output", "environment", "volumes", "target", "forwards", "health", "help", "retry", "name", "odd", "<<", "",
    ];

    private static readonly string[] Texts =
    [
        "", "~", "get", "post", "80", "0", "-1", "1.5", "true", "no", "/x", "'/{x}'", "'/{{x}}'", "'a {x} <json>'", "'a \"b'", "string", "int", "list", "map", "object", "enum", "any", "none", "query",
        "path", "requestBody", "header", "'https://x/{x}'", "'('", "'(a*)*b'", "application/octet-stream", "grpc", "'{'", "!!binary x", "1e400", "localhost:5",
    ];

    [Fact]
    public void A_mutated_description_is_read_or_refused() => Holds(3000, random =>
    {
        var text = new StringBuilder(Files[random.Next(Files.Length)]);
        for (var i = random.Next(1, 6); i > 0; i--) Mutate(text, random);
        return text.ToString();
    });

    [Fact]
    public void Any_nodes_under_any_keys_are_read_or_refused() => Holds(3000, random =>
    {
        var text = new StringBuilder("{");
        for (var i = 0; i < 8; i++) text.Append(Keys[random.Next(Keys.Length)] is var key && key.Length > 0 ? key : "''").Append(": ").Append(Node(random, 5)).Append(", ");
        return text.Append("actions: ").Append(Node(random, 6, map: true)).Append('}').ToString();
    });

    private static void Mutate(StringBuilder text, Random random)
    {
        var at = random.Next(text.Length + 1);
        var length = Math.Min(random.Next(1, 20), text.Length - at);
        switch (random.Next(5))
        {
            case 0: text.Remove(at, length); break;
            case 1: text.Insert(at, Bits[random.Next(Bits.Length)]); break;
            case 2: text.Insert(at, text.ToString(random.Next(text.Length + 1) is var from && from + length <= text.Length ? from : at, length)); break;
            case 3: text.Remove(at, length).Insert(at, Texts[random.Next(Texts.Length)]); break;
            default:
                // What is behind a colon.
                var colon = text.ToString().IndexOf(": ", at, StringComparison.Ordinal);
                if (colon >= 0) text.Insert(colon + 2, Node(random, 3) + " ");
                break;
        }
    }

    private static string Node(Random random, int depth, bool map = false) => (map ? 0 : random.Next(depth > 0 ? 6 : 1)) switch
    {
        0 when !map => Texts[random.Next(Texts.Length)],
        1 or 2 => "[" + string.Join(", ", Enumerable.Range(0, random.Next(3)).Select(_ => Node(random, depth - 1))) + "]",
        _ => "{" + string.Join(", ", Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"{(Keys[random.Next(Keys.Length)] is { Length: > 0 } key ? key : "''")}: {Node(random, depth - 1)}")) + "}",
    };

    private static void Holds(int tests, Func<Random, string> make)
    {
        var read = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests), Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var text = make(new Random(seed));
            try
            {
                Promises(OmsReader.Read("oms.yml", Encoding.UTF8.GetBytes(text)));
                read++;
            }
            catch (OmsFormatException e)
            {
                Assert.True(e.Line >= 0 && e.Column >= 0 && e.Code.Length > 0);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{e.GetType().Name} for\n{text}", e);
            }
        }));
        Assert.True(read > tests / 20, $"Only {read} of {tests} texts were YAML: that proves little.");
    }

    private static void Promises(OmsService service)
    {
        Assert.All(service.Actions, action =>
        {
            Assert.NotEqual(action.Interface is null, action.Unusable is null);
            Assert.Equal(action.Name, action.Name.Trim().Length == 0 ? "x" : action.Name);
            if (action.Interface is OmsHttp http)
            {
                Assert.True(http.Url is null ? http is { Port: > 0, Path: ['/', ..] } : http.Port is null);
                Assert.All(action.Arguments, a => Assert.NotNull(a.In));
            }
            else if (action.Unusable is null) Assert.All(action.Arguments, a => Assert.Null(a.In));

            Assert.All(action.Arguments, a => Assert.False(a.Required && a.Default is not null));
        });
        Assert.All(service.Events, e => Assert.NotEqual(e.Subscribe is null, e.Unusable is null));
        Assert.All(service.Warnings, w => Assert.True(w.Message.Length > 0 && (w.Line > 0 || w.Code == "more_warnings"), w.ToString()));
        // Defaults and values of enums are JSON.
        Assert.NotEmpty(JsonSerializer.Serialize(OmsReport.Of(service)));
    }
}
