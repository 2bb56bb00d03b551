using Platform.Installer.Services;

namespace Platform.Installer.Tests;

public sealed class DockerfileTests
{
    [Theory]
    [InlineData("FROM scratch\nCOPY a /", "")]
    [InlineData("from alpine:3\nFROM alpine:3\nFROM debian", "alpine:3 debian")]
    [InlineData("# FROM a\n  FROM b", "b")]
    [InlineData("FROM --platform=linux/amd64 golang:1.22 AS build\nFROM build\nCOPY --from=build /a /\nCOPY --chown=1:1 --from=busybox /b /\nCOPY --from=0 /c /", "golang:1.22 busybox")]
    [InlineData("ARG BASE=alpine TAG=\"3\"\nFROM ${BASE}:$TAG\nFROM ${OTHER:-debian:12}", "alpine:3 debian:12")]
    [InlineData("ARG BASE\nFROM $BASE", "")]
    [InlineData("FROM a\nARG B=c\nFROM $B", "a")]
    [InlineData("FROM \\\n  # a comment between\n  alpine \\\n  AS x", "alpine")]
    [InlineData("# escape=`\nFROM `\n  alpine", "alpine")]
    [InlineData("FROM", "")]
    public void The_images_that_it_needs_are_those_that_it_does_not_make(string text, string images) =>
        Assert.Equal(images, string.Join(' ', Dockerfile.Images(text)));
}
