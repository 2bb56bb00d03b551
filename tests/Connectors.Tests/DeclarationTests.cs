using System.ComponentModel.DataAnnotations;
using Platform.Connectors.Specifications;
using V1 = Platform.Connector.V1;

namespace Platform.Connectors.Tests;

/// <summary>What connectors declare, as the platform's contract has it.</summary>
public sealed class DeclarationTests
{
    private enum Speed
    {
        AsFastAsPossible,
        Slow,
    }

    private sealed record Nested(string Host, int Port = 5432);

    private sealed class Rich
    {
        public required string Key { get; init; }

        [Parameter("How often.")]
        public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(90);

        public Speed Speed { get; init; } = Speed.Slow;

        [Range(0.5, 2)]
        public double Factor { get; init; } = 1;

        [AllowedValues("eu", "us"), RegularExpression("[a-z]+")]
        public string Region { get; init; } = "eu";

        public bool Verbose { get; init; }

        public Dictionary<string, int> Weights { get; init; } = [];

        public Nested? Server { get; init; }

        [Parameter("A certificate.", File = true)]
        public string? Certificate { get; init; }
    }

    private sealed class Two : Connector<Rich>
    {
        public override async IAsyncEnumerable<SyncMessage> SyncAsync(
            Rich options, SyncContext context, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            switch (options.Key)
            {
                case "plain":
                    yield return SyncMessage.Page([new("1", "", "", "")]);
                    break;
                case "full":
                    yield return SyncMessage.FullListing();
                    yield return SyncMessage.Page([new("1", "", "", "")]);
                    break;
                case "late":
                    yield return SyncMessage.Page([new("1", "", "", "")]);
                    yield return SyncMessage.FullListing();
                    break;
                default:
                    yield return SyncMessage.BeginFull("a");
                    yield return SyncMessage.BeginIncremental("b");
                    yield return SyncMessage.Deletes(["1", "2"]);
                    yield return SyncMessage.State(7, "a");
                    yield return SyncMessage.End();
                    yield return SyncMessage.State(8);
                    break;
            }
        }
    }

    [Fact]
    public void Every_kind_of_member_has_its_type_default_and_validations()
    {
        var members = ParametersOf.Members(typeof(Rich)).ToDictionary(p => p.Name, p => $"{p.Type} '{p.Default}' {string.Join(' ', p.Validations.Select(v => $"{v.Type}:{v.Value}"))}".TrimEnd());

        Assert.Equal(
            [
                ("certificate", "File ''"), ("every", "Duration '5400s'"), ("factor", $"Float '1' GreaterThan:{Math.BitDecrement(0.5):R} LessThan:{Math.BitIncrement(2.0):R}"),
                ("key", "String '' Required:"), ("region", "String 'eu' Regex:^(?:[a-z]+)$ Inclusion:eu,us"), ("server", "Object ''"),
                ("speed", "String 'slow' Inclusion:as_fast_as_possible,slow"), ("verbose", "Bool ''"), ("weights", "Map ''"),
            ],
            members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => (m.Key, m.Value)));
        var server = ParametersOf.Members(typeof(Rich)).Single(p => p.Name == "server");
        Assert.Equal([("host", V1.ParameterType.String, ""), ("port", V1.ParameterType.Int, "5432")], server.Properties.Select(p => (p.Name, p.Type, p.Default)));
    }

    [Fact]
    public void What_the_platform_hands_over_is_read_back()
    {
        var read = ConnectorOptions.Parse<Rich>("""{"key":"k","every":"1h30m0.5s","speed":"as_fast_as_possible","weights":{"a":1},"server":{"host":"h"},"factor":0.75}""");

        Assert.Equal((TimeSpan.FromSeconds(5400.5), Speed.AsFastAsPossible, 1, 5432), (read.Every, read.Speed, read.Weights["a"], read.Server!.Port));
        Assert.Throws<FormatException>(() => ConnectorOptions.Parse<Rich>("""{"key":"k","every":"soon"}"""));
    }

    [Theory]
    [InlineData("1h30m", 5400.0)]
    [InlineData("-1.5s", -1.5)]
    [InlineData("300ms", 0.3)]
    [InlineData("0", 0.0)]
    [InlineData("5", null)]
    [InlineData("", null)]
    [InlineData("1h x", null)]
    [InlineData("999999999999999h", null)]
    public void Durations_are_read_as_the_platform_writes_them(string text, double? seconds)
    {
        Assert.Equal(seconds, Duration.Parse(text)?.TotalSeconds);
        if (Duration.Parse(text) is { } duration)
            Assert.Equal(duration, Duration.Parse(Duration.Format(duration)));
    }

    [Fact]
    public async Task Pages_without_a_stream_go_into_the_unnamed_one_and_a_full_listing_is_declared_before_them()
    {
        Assert.Equal(["begin  Incremental", "page 1", "end "], await SyncAsync("plain"));
        Assert.Equal(["begin  Full", "page 1", "end "], await SyncAsync("full"));
        Assert.Contains("before the first page", (await Assert.ThrowsAsync<InvalidOperationException>(() => SyncAsync("late"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_belong_to_the_stream_that_they_name_or_to_the_one_begun_last_that_is_open() =>
        Assert.Equal(["begin a Full", "begin b Incremental", "page -2", "state 7", "end b", "state 8", "end a"], await SyncAsync("streams"));

    [Fact]
    public void A_connector_that_takes_text_says_nothing_of_it()
    {
        Assert.False(SpecificationOf.IsKnown(typeof(string)));
        Assert.True(SpecificationOf.IsKnown(typeof(Rich)));
    }

    private static Task<List<string>> SyncAsync(string key) => ExampleTests.SyncAsync(new Two(), new Rich { Key = key }, []);
}
