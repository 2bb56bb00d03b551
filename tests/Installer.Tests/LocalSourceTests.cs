using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

public sealed class LocalSourceTests
{
    [Fact]
    public async Task A_single_file_is_the_only_file_and_keeps_its_executable_bit()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("tool", "#!/bin/sh\n"), ("other", ""));
        Workplace.Shell("chmod +x tool; ln -s tool alias", source);

        var (_, tree) = await place.SucceedAsync(Workplace.Local($"{source}/tool"));
        var (_, byLink) = await place.SucceedAsync(Workplace.Local($"{source}/alias"));

        Workplace.Shell($"test \"$(ls {tree})\" = tool && test -x {tree}/tool && test -f {byLink}/alias && test ! -L {byLink}/alias");
    }

    [Fact]
    public async Task The_install_command_never_changes_the_source_itself()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", "content"));

        var (_, tree) = await place.SucceedAsync(Workplace.Local(source, "echo more >> run; touch built"));

        Workplace.Shell($"test \"$(cat {source}/run)\" = content && test ! -e {source}/built && test -e {tree}/built");
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("/etc/no-such-file")]
    [InlineData("relative/path")]
    [InlineData("{roots}/../data")]
    [InlineData("{roots}/../roots-beside")]
    [InlineData("{roots}/out")]
    [InlineData("{roots}/out/passwd")]
    [InlineData("{roots}/registry-data")]
    [InlineData("{roots}/registry-data/keys")]
    [InlineData("{roots}/to-keys")]
    [InlineData("{roots}")]
    public async Task What_is_not_below_a_root_or_is_the_platforms_data_is_refused_by_whatever_path(string uri)
    {
        using var place = new Workplace();
        Workplace.Shell($"ln -s /etc {place.Roots}/out; mkdir {place.Roots}-beside; mkdir -p {place.Roots}/registry-data/keys; ln -s registry-data/keys {place.Roots}/to-keys");

        Assert.Equal("local_not_allowed", (await place.FailAsync(Workplace.Local(uri.Replace("{roots}", place.Roots, StringComparison.Ordinal)))).Code);
    }

    [Theory]
    [InlineData("roots/data")]
    [InlineData("roots/data/store")]
    [InlineData("roots/to-data")]
    [InlineData("roots")]
    public async Task The_data_folder_and_what_holds_it_are_refused_even_below_a_root(string path)
    {
        var folder = Directory.CreateTempSubdirectory("installer-tests-roots-").FullName;
        try
        {
            using var place = new Workplace(data: $"{folder}/data");
            Workplace.Shell($"rmdir {place.Roots}; ln -s {folder} {place.Roots}; ln -s data {folder}/to-data");

            var error = await place.FailAsync(Workplace.Local($"{place.Folder}/{path}"));

            Assert.Equal("local_not_allowed", error.Code);
            Assert.Contains("own data", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Tree.Delete(folder);
        }
    }

    [Fact]
    public async Task What_does_not_exist_below_a_root_is_not_found()
    {
        using var place = new Workplace();
        Assert.Equal("local_not_found", (await place.FailAsync(Workplace.Local($"{place.Roots}/absent"))).Code);
    }

    [Fact]
    public async Task A_source_that_there_is_none_of_is_refused_with_what_to_use_instead()
    {
        using var place = new Workplace();
        var error = await place.FailAsync(Workplace.Local("https://example.com/x.zip") with { Source = "FTP" });
        Assert.Equal("source_unsupported", error.Code);
        Assert.Contains("VCS", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_install_that_ended_the_installer_again_and_again_is_given_up()
    {
        using var place = new Workplace();
        var status = await place.RunAsync(Workplace.Local(place.Source("source", ("run", ""))), attempt: place.Options.MaxAttempts);
        Assert.Equal((InstallState.Failed, "installer_interrupted"), (status.State, status.Error!.Code));
    }
}
