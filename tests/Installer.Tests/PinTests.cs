using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

public sealed class PinTests
{
    private static readonly string Other = new('1', 64);

    [Fact]
    public async Task A_bundle_that_is_not_the_pinned_one_is_a_warning_that_names_both()
    {
        using var place = new Workplace();
        var status = await place.RunAsync(Status(place, new SourcePin(null, null, Other, Strict: false)));

        Assert.Equal(InstallState.Succeeded, status.State);
        var warning = Assert.Single(status.Answer.Warnings!);
        Assert.Equal("bundle_differs", warning.Code);
        Assert.Contains(Other, warning.Message, StringComparison.Ordinal);
        Assert.Contains(status.Digest!, warning.Message, StringComparison.Ordinal);
        Assert.Contains("bundle_differs", place.LogText(status), StringComparison.Ordinal);
        Assert.Equivalent(status.Warnings, place.Statuses.Find(status.InstallId)!.Warnings);
    }

    [Fact]
    public async Task Strict_refuses_it_and_nothing_of_it_is_stored()
    {
        using var place = new Workplace();
        var status = await place.RunAsync(Status(place, new SourcePin(null, null, Other, Strict: true)));

        Assert.Equal("bundle_digest_mismatch", status.Error!.Code);
        Assert.Contains(Other, status.Error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(place.Data.Store, "*", SearchOption.AllDirectories));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task The_pinned_one_is_no_matter_and_a_folder_that_is_not_built_has_the_bundles_digest(bool strict)
    {
        using var place = new Workplace();
        var first = await place.RunAsync(Status(place, null));
        var second = await place.RunAsync(Status(place, new SourcePin(null, null, first.Digest, strict)));

        Assert.Equal(InstallState.Succeeded, second.State);
        Assert.Equal((first.Digest, first.Digest), (second.Digest, second.Answer.SourceDigest));
        Assert.Null(second.Answer.Warnings);
    }

    [Theory, InlineData(null), InlineData("date +%N > built; cp run copy")]
    public async Task A_local_folders_source_digest_is_that_of_its_files_whatever_is_built_of_them_and_another_is_refused(string? install)
    {
        using var place = new Workplace();
        var plain = await place.RunAsync(Status(place, null));
        var built = await place.RunAsync(Status(place, new SourcePin(null, plain.SourceDigest, null, Strict: false), install));
        Assert.Equal((InstallState.Succeeded, plain.Digest), (built.State, built.SourceDigest));

        var other = await place.RunAsync(Status(place, new SourcePin(null, Other, null, Strict: false), install));
        Assert.Equal("source_digest_mismatch", other.Error!.Code);
    }

    private static InstallStatus Status(Workplace place, SourcePin? pin, string? install = null)
    {
        var manifest = Workplace.Local(place.Source("pinned", ("run", "content")), install);
        return new InstallStatus(Guid.CreateVersion7(), manifest, manifest.Name, DateTimeOffset.UtcNow, null, Pin: pin);
    }
}
