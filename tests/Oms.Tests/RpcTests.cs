namespace Platform.Oms.Tests;

public sealed class RpcTests
{
    [Fact]
    public void The_example_of_the_specification_is_read()
    {
        const string rpc =
            """
            rpc:
              port: 8080
              framework:
                grpc:
                  version: 2
                  proto:
                    path: git@github-server:project/repo.git/path/to/api.proto # Any valid URI path can be used
              client:
                endpoint: service
                port: 8081
                tls: true
            """;
        var expected = new OmsRpc("git@github-server:project/repo.git/path/to/api.proto", null, 8081, true, null, null);

        Assert.Equal(expected, Sample.Action(rpc).Interface);
        Assert.Empty(Sample.WithAction(rpc).Warnings);
        Assert.Equal(expected, Assert.Single(Sample.Of($"{rpc}\nactions: {{a: {{}}}}").Actions).Interface);
    }

    [Theory]
    [InlineData("{port: 1}", null, null, 1, false, null, null)]
    [InlineData("{client: {endpoint: 'api.example.com:443', tls: {ca: ca.pem}}, method: a.B/C}", null, "api.example.com", 443, true, "ca.pem", "a.B/C")]
    [InlineData("{client: {endpoint: 'https://api.example.com:444/'}, framework: grpc, proto: x.proto}", "x.proto", "api.example.com", 444, true, null, null)]
    [InlineData("{port: 5, ca: ca.pem, framework: {grpc: {proto: x.proto}}, client: {endpoint: localhost}}", "x.proto", null, 5, false, "ca.pem", null)]
    [InlineData("{port: 5, client: {endpoint: api.example.com, tls: {enabled: false}}}", null, "api.example.com", 5, false, null, null)]
    public void What_is_left_out_has_a_meaning(string rpc, string? proto, string? endpoint, int port, bool tls, string? ca, string? method)
    {
        var service = Sample.WithAction($"rpc: {rpc}");

        Assert.Equal(new OmsRpc(proto, endpoint, port, tls, ca, method), service.Actions[0].Interface);
        Assert.Empty(service.Warnings);
    }

    [Fact]
    public void What_an_action_leaves_open_the_root_says()
    {
        var service = Sample.Of(
            """
            rpc: {port: 9, framework: {grpc: {proto: {path: api.proto}}}, client: {tls: true}}
            actions:
              a: {rpc: {method: X.Y/Z}}
              b: {rpc: {client: {tls: false, port: 10}}}
              c: {http: {method: get, port: 80, path: /}}
            """);

        Assert.Equal(new OmsRpc("api.proto", null, 9, true, null, "X.Y/Z"), service.Actions[0].Interface);
        Assert.Equal(new OmsRpc("api.proto", null, 10, false, null, null), service.Actions[1].Interface);
        Assert.IsType<OmsHttp>(service.Actions[2].Interface);
    }

    [Theory]
    [InlineData("{framework: grpc}", "no port")]
    [InlineData("{port: 1, framework: thrift}", "thrift; only grpc")]
    [InlineData("{port: 1, framework: {thrift: {}}}", "thrift; only grpc")]
    [InlineData("{port: 99999}", "no port")]
    [InlineData("[a]", "no port")]
    public void What_can_not_be_called_disables_the_action(string rpc, string reason) =>
        Assert.Contains(reason, Sample.Action($"rpc: {rpc}").Unusable, StringComparison.Ordinal);

    [Fact]
    public void An_endpoint_that_is_none_is_a_warning() =>
        Assert.Equal(["wrong_value"], Sample.Codes(Sample.WithAction("rpc: {port: 1, client: {endpoint: 'u:p@x/y'}}")));
}
