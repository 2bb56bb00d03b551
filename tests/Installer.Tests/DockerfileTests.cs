using Platform.Installer.Images;

namespace Platform.Installer.Tests;

public sealed class DockerfileTests
{
    [Theory]
    [InlineData("FROM scratch\nCOPY a /\nRUN echo $((1<<2)) --mount", "")]
    [InlineData("# syntax=docker/dockerfile:1\nFROM a", "")]
    [InlineData("FROM a\nrun \\\n  --mount=type=cache,target=/c \\\n  make", "line 2: RUN --mount")]
    [InlineData("FROM a\nCOPY --link --chmod=755 a /", "line 2: COPY --link; line 2: COPY --chmod")]
    [InlineData("FROM a\nADD --checksum=sha256:0 http://a /", "line 2: ADD --checksum")]
    [InlineData("FROM a\nRUN <<EOF\nFROM nothing\nEOF\nCOPY <<-\"END\" <<B /a\nRUN --mount=x\nEND\nB\nONBUILD RUN --network=none a", "line 2: RUN with a here-document (<<); line 5: COPY with a here-document (<<); line 9: RUN --network")]
    [InlineData("FROM --platform=$BUILDPLATFORM a\nARG TARGETARCH\nARG TARGETOS=linux", "line 1: FROM with $BUILDPLATFORM; line 2: ARG TARGETARCH, which would be empty")]
    public void What_only_BuildKit_can_do_is_known_before(string text, string needs) => Assert.Equal(needs, string.Join("; ", Dockerfile.Read(text).BuildKitNeeds));

    [Theory]
    [InlineData("FROM --platform=linux/arm64 a", "linux/arm64")]
    [InlineData("ARG P=linux/amd64\nFROM --platform=$P a", "linux/amd64")]
    [InlineData("FROM --platform=$P a", null)]
    [InlineData("FROM a", null)]
    public void The_platform_of_an_image_is_kept(string text, string? platform) => Assert.Equal([new BaseImage("a", platform)], Dockerfile.Read(text).Bases);

    [Theory]
    [InlineData("FROM scratch\nCOPY a /", "")]
    [InlineData("ARG A=1\nARG B=x:$A\nFROM $B\nFROM ${A:+y}\nFROM ${C-z}", "x:1 y z")]
    [InlineData("FROM a\nCOPY <<EOF /x\nFROM b\nEOF\nFROM c", "a c")]
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
        Assert.Equal(images, string.Join(' ', Dockerfile.Read(text).Bases.Select(image => image.Reference)));
}
