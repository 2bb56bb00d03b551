using Platform.Runner.Drivers.GoPlugin;

namespace Platform.Runner.Tests;

public sealed class HandshakeTests
{
    [Theory]
    [InlineData("1|1|unix|/tmp/plugin42|grpc|", "unix", "/tmp/plugin42")]
    [InlineData("1|1|unix|/tmp/plugin42|grpc", "unix", "/tmp/plugin42")]
    [InlineData("  1|1|unix|/tmp/plugin42|grpc||true \r", "unix", "/tmp/plugin42")]
    [InlineData("1|1|tcp|127.0.0.1:1234|grpc|", "tcp", "127.0.0.1:1234")]
    public void A_right_line_gives_the_address(string line, string network, string address) =>
        Assert.Equal(new(network, address), Handshake.Parse(line, false, [1]));

    [Fact]
    public void With_AutoMTLS_the_sixth_field_is_the_certificate()
    {
        var certificate = new string('A', 600);

        Assert.Equal(new("unix", "/tmp/p", certificate), Handshake.Parse($"1|1|unix|/tmp/p|grpc|{certificate}", false, [1]));
        Assert.Equal(new("unix", "/tmp/p", certificate), Handshake.Parse($"1|1|unix|/tmp/p|grpc|{certificate}|false", false, [1]));
    }

    [Fact]
    public void A_short_sixth_field_is_an_old_one_of_another_meaning() =>
        Assert.Equal(new("unix", "/tmp/p"), Handshake.Parse("1|1|unix|/tmp/p|grpc|extra", false, [1]));

    [Theory]
    [InlineData("Listening on 8080 ...", "handshake_failed", "Listening on 8080 ...")]
    [InlineData("", "handshake_failed", "expected 1|1|unix")]
    [InlineData("1|1|unix", "handshake_failed", "expected 1|1|unix")]
    [InlineData("x|1|unix|/tmp/p|grpc|", "handshake_failed", "first field")]
    [InlineData("1|x|unix|/tmp/p|grpc|", "handshake_failed", "second field")]
    [InlineData("2|1|unix|/tmp/p|grpc|", "unsupported_protocol_version", "version 2 of the plugin protocol")]
    [InlineData("1|7|unix|/tmp/p|grpc|", "unsupported_protocol_version", "version 7 of its connector protocol, this host offers 1")]
    [InlineData("1|1|unix|/tmp/p", "handshake_failed", "net/rpc")]
    [InlineData("1|1|unix|/tmp/p|netrpc|", "handshake_failed", "net/rpc")]
    [InlineData("1|1|unix|/tmp/p|thrift|", "handshake_failed", "thrift")]
    [InlineData("1|1|unix|relative|grpc|", "handshake_failed", "absolute")]
    [InlineData("1|1|tcp|10.0.0.1:1234|grpc|", "handshake_failed", "127.0.0.1")]
    [InlineData("1|1|tcp|127.0.0.1:0|grpc|", "handshake_failed", "127.0.0.1")]
    [InlineData("1|1|pipe|x|grpc|", "handshake_failed", "neither unix nor tcp")]
    public void A_wrong_line_is_refused_with_what_is_wrong(string line, string code, string words)
    {
        var e = Assert.Throws<RunFaultException>(() => Handshake.Parse(line, false, [1]));

        Assert.Equal(code, e.Fault.Code);
        Assert.Contains(words, e.Fault.Message, StringComparison.Ordinal);
        Assert.NotNull(e.Fault.Remedy);
    }

    [Fact]
    public void A_line_without_end_is_refused_by_its_length() =>
        Assert.Contains("longer than", Assert.Throws<RunFaultException>(() => Handshake.Parse("1|1|", true, [1])).Fault.Message, StringComparison.Ordinal);
}
