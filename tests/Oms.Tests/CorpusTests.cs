namespace Platform.Oms.Tests;

/// <summary>Descriptions as people have written them. What is expected of each stands in corpus/expected.tsv.</summary>
public sealed class CorpusTests
{
    private static readonly string[][] Expected = [.. File.ReadLines(Path.Combine(Sample.Corpus, "expected.tsv")).Skip(1).Select(line => line.Split('\t'))];

    public static TheoryData<string> Names => [.. Expected.Select(row => row[0])];

    [Fact]
    public void Every_file_is_among_the_expectations() =>
        Assert.Equal(
            Directory.GetFiles(Sample.Corpus, "*.yml", SearchOption.AllDirectories).Select(f => Path.ChangeExtension(Path.GetRelativePath(Sample.Corpus, f), null)).Order(StringComparer.Ordinal),
            Expected.Select(row => row[0]).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_file_is_read(string name)
    {
        var service = Sample.FromCorpus(name);

        Assert.Equal(string.Join('\t', Expected.Single(row => row[0] == name)), Line(name, service));
        Assert.All(service.Warnings, w => Assert.True(w.Line > 0 && w.Column > 0));
        Assert.All(service.Actions, a => Assert.True(a.Interface is null != a.Unusable is null, a.Name));
    }

    private static string Line(string name, OmsService service) => string.Join('\t', [
        name, service.Actions.Count(a => a.Unusable is null), service.Actions.Count(a => a.Unusable is not null), service.Events.Count(e => e.Unusable is null), service.Environment.Count,
        string.Join(' ', service.Warnings.GroupBy(w => w.Code).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}:{g.Count()}"))]);

    [Fact]
    public void Foaas_has_actions_called_no_and_off()
    {
        var service = Sample.FromCorpus("Arinono__foaas");

        Assert.Equal(new OmsHttp("GET", 5000, "/no", null, OmsHttp.Json), service.Actions.Single(a => a.Name == "no").Interface);
        Assert.Equal(new OmsHttp("GET", 5000, "/off", null, OmsHttp.Json), service.Actions.Single(a => a.Name == "off").Interface);
    }

    [Fact]
    public void Redis_repeats_itself_by_anchors()
    {
        var service = Sample.FromCorpus("asyncy__asyncy-redis");

        var rpush = service.Actions.Single(a => a.Name == "rpush");
        Assert.Equal((new OmsHttp("POST", 8000, "/rpush", null, OmsHttp.Json), "Insert 'value' at the end of list stored at 'key'.", OmsTypes.None), (rpush.Interface, rpush.Help, rpush.Output.Type));
        Assert.Equal([new("key", "string", true, OmsIn.RequestBody), new OmsArgument("value", "any", true, OmsIn.RequestBody)], rpush.Arguments);
        Assert.Equal(["rpop", "lpop"], service.Events.Select(e => e.Name));
        Assert.Equal(new OmsHttp("POST", 8000, "/listener/remove", null, OmsHttp.Json), service.Events[1].Unsubscribe);
        Assert.Equal((["/bin/sh", "/app/start.sh"], new OmsHealth(8000, "/health"), new OmsVolume("db", "/db", true)), (service.Lifecycle.Startup!.ToArray(), service.Health, service.Volumes[0]), new Parts());
    }

    [Fact]
    public void Stripe_doubles_its_braces()
    {
        var capture = Sample.FromCorpus("heaptracetechnology__microservice-stripe").Actions.Single(a => a.Name == "capture_charge");

        Assert.Equal("/capturecharge/{charge}", ((OmsHttp)capture.Interface!).Path);
        Assert.Equal((OmsIn.Path, true), (capture.Arguments[0].In, capture.Arguments[0].Required));
    }

    [Fact]
    public void Blink_diff_is_of_the_oldest_shape()
    {
        var service = Sample.FromCorpus("asyncy__asyncy-blink-diff");

        Assert.Equal(["one", "{before}", "{after}", "{dest}", "{threshold}"], ((OmsCommand)service.Actions[0].Interface!).Argv);
        Assert.Equal(new OmsArgument("threshold", "float", Default: "0.01", Help: "Percentage of threshold."), service.Actions[0].Arguments[3]);
        Assert.Contains("{threshold}, and there is no such argument", service.Actions[1].Unusable, StringComparison.Ordinal);
        Assert.Equal(
            ["1:1 missing info", "1:1 missing oms", "1:1 old_name commands", "3:13 old_shape actions.one.format", "18:18 wrong_default actions.one.arguments.threshold.default",
                "20:3 unusable_action actions.many", "21:13 old_shape actions.many.format", "33:5 unknown_key actions.many.threshold"],
            Sample.Told(service).OrderBy(w => int.Parse(w.Split(':')[0])).ThenBy(w => w, StringComparer.Ordinal));
    }

    [Fact]
    public void The_test_service_has_all_three_kinds()
    {
        var service = Sample.FromCorpus("TomPed__test-service");

        Assert.Equal(["node", "exec.js"], ((OmsCommand)service.Actions[0].Interface!).Argv);
        Assert.Equal([new("x", "int", true), new("y", "int", Default: "0"), new OmsArgument("z", "int")], service.Actions[0].Arguments);
        Assert.Equal(new OmsHttp("POST", 5000, "/http/{path}", null, OmsHttp.Json), service.Actions[1].Interface);
        Assert.Equal(new OmsArgument("path", "int", false, OmsIn.Path, "2"), service.Actions[1].Arguments[1]);
        Assert.Equal(("event", "action", "DELETE"), (service.Events[0].Name, service.Events[0].Action, service.Events[0].Unsubscribe!.Method));
        Assert.Equal(["one", "two", "three"], service.Environment.Select(v => v.Name));
        Assert.Equal(("two", true), (service.Environment[1].Default, service.Environment[0].Required));
    }

    [Fact]
    public void Actions_that_another_platform_carried_out_itself_are_unusable()
    {
        var service = Sample.FromCorpus("daaAd1__http");

        Assert.Equal(("fetch", true), (service.Actions[0].Name, service.Actions[0].Unusable!.StartsWith("It has no interface", StringComparison.Ordinal)));
        Assert.Equal("listen", Assert.Single(service.Events).Name);
        Assert.Contains("3:9 not_an_action actions.help", Sample.Told(service));
        Assert.Contains("not_supported", Sample.Codes(service));
    }

    [Fact]
    public void Digitalocean_has_commands_and_a_variable_in_lower_case()
    {
        var service = Sample.FromCorpus("microservice__digitalocean");

        Assert.Equal(["droplet_new", "droplet", "list"], service.Actions.Select(a => Assert.Single(((OmsCommand)a.Interface!).Argv)));
        Assert.Equal(new OmsVariable("access_token", "string", true, null, null, false, false, "Digitalocean OAuth token"), Assert.Single(service.Environment));
    }

    [Fact]
    public void Slack_of_2018_starts_a_server_for_its_events()
    {
        var service = Sample.FromCorpus("history/asyncy__asyncy-slack-stream__5dcb95a");

        Assert.Equal(["node", "app.js"], service.Lifecycle.Startup);
        Assert.Equal([("hears", new OmsHttp("POST", 5000, "/subscribe", null, OmsHttp.Json)), ("responds", new OmsHttp("POST", 5000, "/subscribe", null, OmsHttp.Json))], service.Events.Select(e => (e.Name, e.Subscribe!)));
        Assert.Equal([("name", "string"), ("token", "string")], service.Environment.Select(v => (v.Name, v.Type)));
    }

    [Fact]
    public void Redis_of_2018_has_its_subscriptions_beside_the_events()
    {
        var service = Sample.FromCorpus("history/microservice__redis__58f8a27");

        Assert.Equal([("rpop", "/listener/add", "/listener/remove"), ("lpop", "/listener/add", "/listener/remove")], service.Events.Select(e => (e.Name, e.Subscribe!.Path, e.Unsubscribe!.Path)));
    }

    [Fact]
    public void Google_speech_has_an_enum_of_languages()
    {
        var language = Sample.FromCorpus("Digital-Octopus-Dev__google-speech").Actions[0].Arguments[3];

        Assert.Equal(("string", "\"en-US\"", 120), (language.Type, language.Default, language.Enum!.Count));
    }

    [Fact]
    public void Question_answering_has_numbers() =>
        Assert.Equal(("float", OmsIn.Query, true), (Sample.FromCorpus("history/aicollaboration__question-answering__d0c6cf4").Actions[0].Arguments[0] is var a ? (a.Type, a.In!.Value, a.Required) : default));

    [Fact]
    public void Accuweather_nests_its_output()
    {
        var output = Sample.FromCorpus("history/oms-services__accuweather__6482673").Actions[0].Output;

        Assert.Equal("float", output.Properties!.Single(p => p.Name == "RealFeelTemperature").Properties!.Single(p => p.Name == "Metric").Properties!.Single(p => p.Name == "Value").Type);
    }

    [Fact]
    public void Random_requires_nothing_that_has_a_default()
    {
        var integer = Sample.FromCorpus("asyncy__random").Actions.Single(a => a.Name == "integer");

        Assert.Equal([new("low", "int", false, OmsIn.Query, "1", Help: "Lowest possible integer value"), new OmsArgument("high", "int", false, OmsIn.Query, "10", Help: "Highest possible integer value")], integer.Arguments);
    }

    private sealed class Parts : IEqualityComparer<(string[] Startup, OmsHealth? Health, OmsVolume Volume)>
    {
        public bool Equals((string[] Startup, OmsHealth? Health, OmsVolume Volume) x, (string[] Startup, OmsHealth? Health, OmsVolume Volume) y) =>
            x.Startup.SequenceEqual(y.Startup) && x.Health == y.Health && x.Volume == y.Volume;

        public int GetHashCode((string[] Startup, OmsHealth? Health, OmsVolume Volume) obj) => 0;
    }
}
