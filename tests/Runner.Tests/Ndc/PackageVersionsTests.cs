using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Platform.Contracts;
using Platform.Runner.Drivers.Ndc;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Ndc;

/// <summary>How a version of a packaged connector runs, as its bundle says.</summary>
public sealed class PackageVersionsTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("package-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData("../files-of-another")]
    [InlineData("..")]
    [InlineData("/etc")]
    [InlineData("a/../../files-of-another")]
    public void What_would_be_mounted_from_outside_the_bundle_is_refused(string configuration) =>
        Assert.Equal("bad_package_bundle", Assert.Throws<RunFaultException>(() => Read(configuration)).Fault.Code);

    [Theory]
    [InlineData(".")]
    [InlineData("config")]
    [InlineData("a/../config")]
    [InlineData(null)]
    public void What_lies_in_it_is_not(string? configuration) => Assert.Equal(configuration, Read(configuration).Configuration);

    private PackageRuntime Read(string? configuration)
    {
        var bundle = Path.Combine(root, "files");
        var file = Path.Combine(bundle, PackageRuntime.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, JsonSerializer.SerializeToUtf8Bytes(new PackageRuntime("sha256:1", Configuration: configuration), PlatformJson.Options));
        return new PackageVersions().Read(new("package", bundle, "", new(256, 64, TimeSpan.FromSeconds(1)), new ConnectorOutput(NullLogger.Instance, null, "package", new OptionMask(""))));
    }
}
