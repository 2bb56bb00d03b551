using System.Diagnostics;
using Platform.Runner.Packages.Check;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Ndc.Check;

public sealed class ConfigurationCopiesTests : IDisposable
{
    private static readonly TimeSpan CopyTimeout = TimeSpan.FromSeconds(20);
    private readonly string folder = Directory.CreateTempSubdirectory("configuration-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_copy_has_every_file_but_links_and_what_is_reserved()
    {
        Directory.CreateDirectory(Path.Combine(folder, "more"));
        Directory.CreateDirectory(Path.Combine(folder, ConfigurationCopies.Reserved));
        File.WriteAllText(Path.Combine(folder, "a.json"), "{}");
        File.WriteAllText(Path.Combine(folder, "more", "b.json"), "[]");
        File.WriteAllText(Path.Combine(folder, ConfigurationCopies.Reserved, "state"), "?");
        File.CreateSymbolicLink(Path.Combine(folder, "link"), "/etc/passwd");
        using var copies = new ConfigurationCopies(folder);

        var copy = copies.Copy();

        Assert.Equal(["a.json", "more/b.json"], Directory.EnumerateFiles(copy, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(copy, f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void More_bytes_than_are_copied_are_said_to_be_too_many()
    {
        using (var file = File.Create(Path.Combine(folder, "large")))
            file.SetLength((64 << 20) + 1);

        var problem = Refusal();

        Assert.Equal(("configuration_too_large", 422), (problem.Code, problem.Status));
        Assert.Contains(folder, problem.Detail);
    }

    [Fact]
    public void More_files_than_are_copied_are_said_to_be_too_many()
    {
        for (var i = 0; i <= 10_000; i++)
            File.Create(Path.Combine(folder, $"{i}")).Dispose();

        Assert.Equal("configuration_too_large", Refusal().Code);
    }

    [Fact]
    public async Task A_file_that_gives_nothing_to_read_is_named_and_not_waited_for()
    {
        var pipe = Path.Combine(folder, "pipe");
        using var make = Process.Start("mkfifo", pipe);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);

        var problem = await Task.Run(Refusal, TestContext.Current.CancellationToken).WaitAsync(CopyTimeout, TestContext.Current.CancellationToken);

        Assert.Equal(("configuration_unreadable", 422), (problem.Code, problem.Status));
        Assert.Contains(pipe, problem.Detail);
    }

    private Problem Refusal()
    {
        using var copies = new ConfigurationCopies(folder);
        return Assert.Throws<ProblemException>(() => copies.Copy()).Problem;
    }
}
