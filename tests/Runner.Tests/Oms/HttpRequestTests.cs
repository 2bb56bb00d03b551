using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Platform.Oms;

namespace Platform.Runner.Tests.Oms;

/// <summary>Arguments in a request, byte for byte.</summary>
public sealed class HttpRequestTests : HttpActionTest
{
    private const string Everything = """{"s": "a b&c=ä/😀", "n": 0, "f": false, "e": "", "x": 1.50, "l": [1, "b c", {"k": null}], "o": {"k": ["ü", 0]}, "z": null}""";

    private static readonly string[] Names = ["s", "n", "f", "e", "x", "l", "o", "z", "not_given"];

    [Fact]
    public async Task Path_and_query_of_the_seeds_example()
    {
        var request = await SendAsync(
            Action(Http("GET", "/fetch_usd/{currency}"), Argument("units", OmsIn.Query), Argument("currency", OmsIn.Path)), """{"units": 100, "currency": "eur"}""");

        Assert.Equal("GET /fetch_usd/eur?units=100 HTTP/1.1", request.Line);
        Assert.Equal(["Accept", "Host", "User-Agent"], request.Headers.Select(h => h.Name).Order(StringComparer.Ordinal));
        Assert.Equal(("application/json,text/plain,*/*", "connector-platform"), (request.Header("Accept"), request.Header("User-Agent")));
        Assert.StartsWith("127.0.0.1:", request.Header("Host"), StringComparison.Ordinal);
        Assert.Empty(request.Body);
    }

    [Fact]
    public async Task Body_of_the_seeds_example()
    {
        var request = await SendAsync(
            Action(Http("POST", "/convert"), Argument("units", OmsIn.RequestBody), Argument("currency", OmsIn.RequestBody)), """{"currency": "eur", "units": 100}""");

        Assert.Equal("POST /convert HTTP/1.1\nContent-Type: application/json\nContent-Length: 30\n\n{\"units\":100,\"currency\":\"eur\"}", request.Shown);
    }

    [Fact]
    public async Task In_a_query_falsy_values_are_sent_lists_repeat_their_name_and_objects_are_json() => Assert.Equal(
        "GET /p?s=a%20b%26c%3D%C3%A4%2F%F0%9F%98%80&n=0&f=false&e=&x=1.50&l=1&l=b%20c&l=%7B%22k%22%3Anull%7D&o=%7B%22k%22%3A%5B%22%C3%BC%22%2C0%5D%7D HTTP/1.1\n\n",
        (await SendAsync(Action(Http("GET"), In(OmsIn.Query)), Everything)).Shown);

    [Fact]
    public async Task In_a_json_body_values_stay_what_they_are()
    {
        var request = await SendAsync(Action(Http("PUT"), In(OmsIn.RequestBody)), Everything);

        Assert.Equal("application/json", request.Header("Content-Type"));
        AssertJson("""{"s": "a b&c=ä/😀", "n": 0, "f": false, "e": "", "x": 1.50, "l": [1, "b c", {"k": null}], "o": {"k": ["ü", 0]}}""", request.Text);
        Assert.Contains("\"x\":1.50", request.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_form_they_are_as_in_a_query() => Assert.Equal(
        "PATCH /p HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 28\n\ns=a%20b&n=0&l=1&l=2&o=%7B%7D",
        (await SendAsync(Action(Http("PATCH", contentType: OmsHttp.UrlEncoded), In(OmsIn.RequestBody)), """{"s": "a b", "n": 0, "l": [1, 2], "o": {}}""")).Shown);

    [Fact]
    public async Task A_multipart_body_has_text_json_and_files()
    {
        var request = await SendAsync(
            Action(
                Http("POST", contentType: OmsHttp.Multipart), Argument("text", OmsIn.RequestBody), Argument("zero", OmsIn.RequestBody), Argument("list", OmsIn.RequestBody),
                Argument("a \"ü\"\r\n", OmsIn.RequestBody, OmsTypes.File), new OmsArgument("many", OmsTypes.List, In: OmsIn.RequestBody, Elements: new("", OmsTypes.File))),
            $$"""{"text": "ä\n", "zero": 0, "list": [1], "a \"ü\"\r\n": "{{Convert.ToBase64String([0, 255, 13, 10])}}", "many": ["YQ==", "Yg=="]}""");

        var boundary = request.Header("Content-Type")!.Split("boundary=")[1];
        Assert.Matches("^multipart/form-data; boundary=[A-Za-z0-9-]{20,70}$", request.Header("Content-Type"));
        byte[] expected =
        [
            .. Part("name=\"text\"", "", "ä\n"u8), .. Part("name=\"zero\"", "", "0"u8), .. Part("name=\"list\"", "Content-Type: application/json\r\n", "[1]"u8),
            .. Part("name=\"a %22ü%22%0D%0A\"; filename=\"a %22ü%22%0D%0A\"", "Content-Type: application/octet-stream\r\n", [0, 255, 13, 10]),
            .. Part("name=\"many\"; filename=\"many\"", "Content-Type: application/octet-stream\r\n", "a"u8),
            .. Part("name=\"many\"; filename=\"many\"", "Content-Type: application/octet-stream\r\n", "b"u8), .. Encoding.UTF8.GetBytes($"--{boundary}--\r\n"),
        ];
        Assert.Equal(expected, request.Body);

        byte[] Part(string disposition, string type, ReadOnlySpan<byte> content) =>
            [.. Encoding.UTF8.GetBytes($"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{type}\r\n"), .. content, .. "\r\n"u8];
    }

    [Theory]
    [InlineData(OmsTypes.File, "\"AP8=\"", new byte[] { 0, 255 })]
    [InlineData(OmsTypes.String, "\"ä\"", new byte[] { 0xc3, 0xa4 })]
    [InlineData(OmsTypes.Any, "{\"a\": 1}", new byte[] { 0x7b, 0x22, 0x61, 0x22, 0x3a, 0x31, 0x7d })]
    public async Task A_body_of_bytes_is_one_argument(string type, string given, byte[] expected)
    {
        var request = await SendAsync(Action(Http("POST", contentType: OmsHttp.OctetStream), Argument("b", OmsIn.RequestBody, type)), $$"""{"b": {{given}}}""");

        Assert.Equal(("application/octet-stream", expected), (request.Header("Content-Type")!, request.Body), Comparer);
    }

    [Theory]
    [InlineData("GET", "{}", "GET /p HTTP/1.1\n\n")]
    [InlineData("DELETE", "{}", "DELETE /p HTTP/1.1\n\n")]
    [InlineData("DELETE", """{"s": ""}""", "DELETE /p HTTP/1.1\nContent-Type: application/json\nContent-Length: 8\n\n{\"s\":\"\"}")]
    [InlineData("GET", """{"s": 0}""", "GET /p HTTP/1.1\nContent-Type: application/json\nContent-Length: 7\n\n{\"s\":0}")]
    [InlineData("POST", "{}", "POST /p HTTP/1.1\nContent-Type: application/json\nContent-Length: 2\n\n{}")]
    public async Task A_body_is_there_where_one_belongs(string method, string given, string expected) =>
        Assert.Equal(expected, (await SendAsync(Action(Http(method), Argument("s", OmsIn.RequestBody)), given)).Shown);

    [Fact]
    public async Task Without_an_argument_for_it_a_body_is_empty() => Assert.Equal("POST /p HTTP/1.1\nContent-Length: 0\n\n", (await SendAsync(Action(Http("POST")))).Shown);

    [Theory]
    [InlineData("/a/{s}", "\"a b/c?d#e%2f..{s}\"", "/a/a%20b%2Fc%3Fd%23e%252f..%7Bs%7D")]
    [InlineData("/a/{s}/b", "\"ä😀\"", "/a/%C3%A4%F0%9F%98%80/b")]
    [InlineData("/a/{s}.json", "0", "/a/0.json")]
    [InlineData("/a/{s}/b", "\"\"", "/a//b")]
    [InlineData("/a/{s}-{s}", "[1, \"x,y\"]", "/a/1,x%2Cy-1,x%2Cy")]
    [InlineData("/ä b/%41/100%/{s}?fixed=1", "false", "/%C3%A4%20b/%41/100%25/false?fixed=1")]
    public async Task Path_arguments_are_escaped_and_the_rest_stays(string path, string given, string expected) =>
        Assert.Equal($"GET {expected} HTTP/1.1", (await SendAsync(Action(Http("GET", path), Argument("s", OmsIn.Path)), $$"""{"s": {{given}}}""")).Line);

    [Fact]
    public async Task A_query_goes_on_from_one_that_is_there() => Assert.Equal(
        "GET /p?fixed=1&s=2 HTTP/1.1", (await SendAsync(Action(Http("GET", "/p?fixed=1"), Argument("s", OmsIn.Query)), """{"s": 2}""")).Line);

    [Fact]
    public async Task Header_arguments_are_headers()
    {
        var request = await SendAsync(
            Action(
                Http("GET"), Argument("X-Text", OmsIn.Header), Argument("X-Zero", OmsIn.Header), Argument("X-List", OmsIn.Header), Argument("X-Map", OmsIn.Header),
                Argument("X-Missing", OmsIn.Header), Argument("Accept", OmsIn.Header), Argument("Content-Language", OmsIn.Header), Argument("User-Agent", OmsIn.Header)),
            """{"X-Text": "ä\tb", "X-Zero": 0, "X-List": ["a", 1], "X-Map": {"k": false}, "X-Missing": null, "Accept": "text/csv", "Content-Language": "de", "User-Agent": "me"}""");

        Assert.Equal(("ä\tb", "0", "a, 1", "{\"k\":false}"), (request.Header("X-Text"), request.Header("X-Zero"), request.Header("X-List"), request.Header("X-Map")));
        Assert.Equal((null, "text/csv", "de", "me"), (request.Header("X-Missing"), request.Header("Accept"), request.Header("Content-Language"), request.Header("User-Agent")));
    }

    [Fact]
    public async Task A_trace_goes_on_at_the_service()
    {
        using var activity = new Activity("invocation").SetIdFormat(ActivityIdFormat.W3C).Start();

        var request = await SendAsync(Action(Http("GET")));

        Assert.Contains(activity.TraceId.ToHexString(), request.Header("traceparent"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OmsIn.Header, "X-A", "\"a\\r\\nX-B: c\"")]
    [InlineData(OmsIn.Header, "X-A", "\"a\\u0000\"")]
    [InlineData(OmsIn.Path, "s", "\"..\"")]
    [InlineData(OmsIn.Path, "s", "\".\"")]
    [InlineData(OmsIn.Path, "s", "null")]
    [InlineData(OmsIn.RequestBody, "f", "\"no base64!\"")]
    public async Task What_would_change_the_request_is_refused_and_nothing_sent(OmsIn place, string name, string given)
    {
        await using var server = new RecordingServer();
        var argument = Argument(name, place, place == OmsIn.RequestBody ? OmsTypes.File : OmsTypes.Any);

        var answer = await InvokeAsync(server, Action(Http("POST", place == OmsIn.Path ? "/a/{s}/b" : "/a", OmsHttp.OctetStream), argument), $$"""{"{{name}}": {{given}}}""");

        Assert.Equal(("invalid_arguments", name), (answer.Error!.Code, Assert.Single(answer.Error.Violations).Field));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task All_violations_are_told_at_once()
    {
        await using var server = new RecordingServer();

        var answer = await InvokeAsync(
            server, Action(Http("GET", "/{a}/{b}"), Argument("a", OmsIn.Path), Argument("b", OmsIn.Path), Argument("C", OmsIn.Header)), """{"a": "..", "C": "\n"}""");

        Assert.Equal(["a", "b", "C"], answer.Error!.Violations.Select(v => v.Field));
    }

    [Theory]
    [InlineData("/p", OmsIn.Path, "s")]
    [InlineData("/p/{other}", OmsIn.Query, "s")]
    [InlineData("/p", OmsIn.Header, "Host")]
    [InlineData("/p", OmsIn.Header, "transfer-encoding")]
    [InlineData("/p", OmsIn.Header, "a: b")]
    public async Task A_definition_that_makes_no_request_is_a_fault(string path, OmsIn place, string name)
    {
        await using var server = new RecordingServer();

        var fault = await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(server, Action(Http("GET", path), Argument(name, place)), $$"""{"{{name}}": "x"}"""));

        Assert.Equal("bad_definition", fault.Fault.Code);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_body_of_bytes_can_t_be_two_arguments()
    {
        await using var server = new RecordingServer();

        var fault = await Assert.ThrowsAsync<RunFaultException>(
            () => InvokeAsync(server, Action(Http("POST", contentType: OmsHttp.OctetStream), Argument("a", OmsIn.RequestBody), Argument("b", OmsIn.RequestBody))));

        Assert.Equal("bad_definition", fault.Fault.Code);
    }

    private static readonly EqualityComparer<(string, byte[])> Comparer =
        EqualityComparer<(string, byte[])>.Create((a, b) => a.Item1 == b.Item1 && a.Item2.SequenceEqual(b.Item2));

    private static OmsArgument[] In(OmsIn place) => [.. Names.Select(name => Argument(name, place))];

    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
}
