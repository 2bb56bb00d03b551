namespace Platform.Oms.Tests;

public sealed class HttpTests
{
    [Fact]
    public void The_examples_of_the_specification_are_read_without_a_warning_but_for_their_missing_port()
    {
        var service = Sample.Of(
            """
            actions:
              fetch_usd:
                arguments:
                  units: {type: int, in: query}
                  currency: {type: string, in: path, required: true}
                output:
                  type: int
                http: {port: 8080, method: get, path: '/fetch_usd/{currency}'}
              convert:
                arguments:
                  units: {type: int, in: requestBody}
                http: {contentType: application/json, method: post, path: /convert}
            """);

        Assert.Equal(new OmsHttp("GET", 8080, "/fetch_usd/{currency}", null, OmsHttp.Json), service.Actions[0].Interface);
        Assert.Equal([OmsIn.Query, OmsIn.Path], service.Actions[0].Arguments.Select(a => a.In));
        Assert.Equal(OmsTypes.Int, service.Actions[0].Output.Type);
        Assert.Equal(new OmsHttp("POST", 8080, "/convert", null, OmsHttp.Json), service.Actions[1].Interface);
        Assert.Equal(["14:11 missing_port actions.convert.http.port"], Sample.Told(service));
    }

    [Theory]
    [InlineData("https://example.com/api/{v}/x", "v: {type: int, in: path, required: true}")]
    [InlineData("HTTP://example.com:81", "")]
    public void A_url_stands_alone(string url, string argument)
    {
        var action = Sample.Action($"http: {{method: get, url: '{url}'}}\narguments: {{{argument}}}");

        Assert.Equal(new OmsHttp("GET", null, "", url, OmsHttp.Json), action.Interface);
    }

    [Theory]
    [InlineData("method: get, port: 80, url: 'http://x/'", "port or path as well")]
    [InlineData("method: get, path: /, url: 'http://x/'", "port or path as well")]
    [InlineData("method: get, url: /x", "absolute")]
    [InlineData("method: get, url: 'ftp://x/'", "absolute")]
    [InlineData("method: get, url: 'http://{host}/'", "before the path")]
    [InlineData("method: get, url: 'http://u:p@x/'", "credentials")]
    [InlineData("method: get, port: 80, path: 'http://x/'", "Its path is a URL")]
    [InlineData("method: fetch, port: 80, path: /", "FETCH is no method")]
    [InlineData("method: pots, port: 80, path: /", "Is post meant?")]
    [InlineData("port: 80, path: /", "no method")]
    [InlineData("method: get, path: /", "no port")]
    [InlineData("method: get, port: 0, path: /", "1 to 65535")]
    [InlineData("method: get, port: many, path: /", "1 to 65535")]
    [InlineData("method: get, port: 80", "neither path nor url")]
    [InlineData("method: get, port: 80, path: '/{id}'", "The path has {id}, and there is no such argument.")]
    [InlineData("method: post, port: 80, path: /, contentType: application/octet-stream", "0 are in requestBody")]
    public void What_can_not_be_called_disables_its_action_alone(string http, string reason)
    {
        var service = Sample.Of($"actions:\n  good: {{http: {{method: get, url: 'http://x/'}}}}\n  bad: {{http: {{{http}}}}}\n");

        Assert.Null(service.Actions[0].Unusable);
        Assert.Null(service.Actions[1].Interface);
        Assert.Contains(reason, service.Actions[1].Unusable, StringComparison.Ordinal);
        Assert.Contains("5:3 unusable_action actions.bad", Sample.Told(service));
    }

    [Theory]
    [InlineData("{in: path, type: string, required: true}", "/", "the path has no {x}")]
    [InlineData("{in: path, type: string, required: true}", "/{y}", "the path has no {x}. Is y meant?")]
    [InlineData("{in: header, type: string}", "/", null)]
    public void An_argument_has_to_have_a_place(string argument, string path, string? reason)
    {
        var action = Sample.Action($"http: {{method: get, port: 80, path: '{path}'}}\narguments: {{x: {argument}}}");

        if (reason is null) Assert.Null(action.Unusable);
        else Assert.Contains(reason, action.Unusable, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("my header")]
    [InlineData("Content-Length")]
    [InlineData("Host")]
    public void A_header_has_the_name_of_one(string name) =>
        Assert.Contains("its name can't be that of one", Sample.Action($"http: {{method: get, port: 80, path: /}}\narguments: {{{name}: {{in: header, type: string}}}}").Unusable, StringComparison.Ordinal);

    [Theory]
    [InlineData("get", "/", OmsIn.Query)]
    [InlineData("delete", "/", OmsIn.Query)]
    [InlineData("post", "/", OmsIn.RequestBody)]
    [InlineData("put", "/", OmsIn.RequestBody)]
    [InlineData("patch", "/", OmsIn.RequestBody)]
    [InlineData("post", "/{x}", OmsIn.Path)]
    public void Where_in_is_missing_the_method_and_the_path_decide(string method, string path, OmsIn place)
    {
        var service = Sample.WithAction($"http: {{method: {method}, port: 80, path: '{path}'}}\narguments: {{x: {{type: string, required: true}}}}");

        Assert.Equal(place, Assert.Single(service.Actions[0].Arguments).In);
        Assert.Equal(["6:17 missing_in actions.a.arguments.x.in"], Sample.Told(service));
    }

    [Theory]
    [InlineData("body", OmsIn.RequestBody)]
    [InlineData("request_body", OmsIn.RequestBody)]
    [InlineData("requestbody", OmsIn.RequestBody)]
    [InlineData("Headers", OmsIn.Header)]
    [InlineData("qeury", OmsIn.Query)]
    [InlineData("responseBody", OmsIn.RequestBody)]
    [InlineData("[query]", OmsIn.RequestBody)]
    public void Other_words_for_in_are_understood_with_a_warning(string word, OmsIn place)
    {
        var service = Sample.WithAction($"http: {{method: post, port: 80, path: /}}\narguments: {{x: {{type: string, in: {word}}}}}");

        Assert.Equal(place, Assert.Single(service.Actions[0].Arguments).In);
        Assert.Contains(Assert.Single(service.Warnings).Code, (string[])["unknown_in", "missing_in"]);
    }

    [Fact]
    public void What_the_path_names_goes_there_and_is_required_without_a_default()
    {
        var service = Sample.WithAction("http: {method: get, port: 80, path: '/{x}/{y}/{x}'}\narguments: {x: {type: string, in: query}, y: {type: int, in: path, default: 2}}");

        Assert.Equal([(OmsIn.Path, true), (OmsIn.Path, false)], service.Actions[0].Arguments.Select(a => (a.In!.Value, a.Required)));
        Assert.Equal(["6:17 path_argument_required actions.a.arguments.x.required", "6:39 argument_in_path actions.a.arguments.x.in"], Sample.Told(service));
    }

    [Theory]
    [InlineData("/a/{{x}}", "/a/{x}", "double_braces")]
    [InlineData("/a/{{ x }}", "/a/{x}", "double_braces")]
    [InlineData("/a/{ x }", "/a/{x}", null)]
    [InlineData("a/{x}", "/a/{x}", "relative_path")]
    [InlineData("/{x}#top", "/{x}", "fragment")]
    [InlineData("/{x}?y=1", "/{x}?y=1", "query_in_path")]
    [InlineData("/{x}/{", "/{x}/{", "stray_brace")]
    [InlineData("/{x}/{}", "/{x}/{}", "stray_brace")]
    public void A_path_has_one_shape(string written, string read, string? warning)
    {
        var service = Sample.WithAction($"http: {{method: get, port: 80, path: '{written}'}}\narguments: {{x: {{type: string, in: path, required: true}}}}");

        Assert.Equal(read, ((OmsHttp)service.Actions[0].Interface!).Path);
        Assert.Equal(warning is null ? [] : [warning], Sample.Codes(service));
    }

    [Theory]
    [InlineData("application/json", OmsHttp.Json, null)]
    [InlineData("Application/JSON; charset=utf-8", OmsHttp.Json, null)]
    [InlineData("application/x-www-form-urlencoded", OmsHttp.UrlEncoded, null)]
    [InlineData("multipart/form-data", OmsHttp.Multipart, null)]
    [InlineData("application/octet-stream", OmsHttp.OctetStream, null)]
    [InlineData("form", OmsHttp.UrlEncoded, "unknown_content_type")]
    [InlineData("application/vnd.api+json", OmsHttp.Json, "unknown_content_type")]
    [InlineData("text/plain", OmsHttp.Json, "unknown_content_type")]
    public void A_content_type_is_one_of_four(string written, string read, string? warning)
    {
        var service = Sample.WithAction($"http: {{method: POST, port: '80', path: /, contentType: {written}}}\narguments: {{x: {{type: string, in: requestBody}}}}");

        Assert.Equal(new OmsHttp("POST", 80, "/", null, read), service.Actions[0].Interface);
        Assert.Equal(warning is null ? [] : [warning], Sample.Codes(service));
    }

    [Fact]
    public void A_body_of_bytes_has_one_argument()
    {
        const string http = "http: {method: post, port: 80, path: /, contentType: application/octet-stream}\n";

        Assert.Null(Sample.Action(http + "arguments: {x: {type: file, in: requestBody}, y: {type: int, in: query}}").Unusable);
        Assert.Contains("2 are in requestBody", Sample.Action(http + "arguments: {x: {type: file, in: requestBody}, y: {type: int, in: requestBody}}").Unusable, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_port_is_the_only_one_of_the_file_and_none_where_there_are_two()
    {
        var one = Sample.Of("health: {http: {port: 70, path: /}}\nactions:\n  a: {http: {method: get, path: /}, arguments: {port: {type: int, in: query}}}\n");
        var two = Sample.Of("health: {http: {port: 70, path: /}}\nactions:\n  a: {http: {method: get, path: /}}\n  b: {http: {method: get, port: 71, path: /}}\n");

        Assert.Equal(70, ((OmsHttp)one.Actions[0].Interface!).Port);
        Assert.Contains("no port", two.Actions[0].Unusable, StringComparison.Ordinal);
    }

    [Fact]
    public void Retries_can_be_switched_off_for_an_action()
    {
        Assert.True(Sample.Action("http: {method: post, port: 80, path: /}").Retry);
        Assert.False(Sample.Action("http: {method: post, port: 80, path: /}\nretry: false").Retry);
    }
}
