using Platform.Installer.Images;

namespace Platform.Installer.Tests;

public sealed class PullFailureTests
{
    [Theory]
    [InlineData("Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: no such host", "the registry registry-1.docker.io has no address here: the engine is offline, or the name is wrong")]
    [InlineData("Get \"https://ghcr.io/v2/\": dial tcp: lookup ghcr.io: Temporary failure in name resolution", "the registry ghcr.io has no address here: the engine is offline, or the name is wrong")]
    [InlineData("Get \"https://ghcr.io/v2/\": dial tcp: lookup ghcr.io on [::1]:53: read udp [::1]:1->[::1]:53: read: connection refused", "the registry ghcr.io has no address here: the engine is offline, or the name is wrong")]
    [InlineData("Get \"http://localhost:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", "the registry localhost:1 does not answer")]
    [InlineData("Get \"https://quay.io/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)", "the registry quay.io does not answer")]
    [InlineData("pull access denied for a/b, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", "its registry has no such image, or gives it only to who has signed in")]
    [InlineData("manifest for alpine:99 not found: manifest unknown: manifest unknown", "its registry has no such image, or gives it only to who has signed in")]
    [InlineData("x509: certificate signed by unknown authority", "x509: certificate signed by unknown authority")]
    public void The_engine_s_words_become_what_has_to_be_done(string words, string said) => Assert.Equal(said, PullFailure.InWords(words));
}
