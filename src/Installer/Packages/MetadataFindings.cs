using Platform.Contracts;
using YamlDotNet.RepresentationModel;

namespace Platform.Installer.Packages;

/// <summary>All that is wrong with a package's metadata, and all that is odd about it.</summary>
internal sealed class MetadataFindings
{
    private readonly List<string> errors = [];
    private readonly List<InstallWarning> warnings = [];

    public IReadOnlyList<InstallWarning> Warnings => warnings;

    /// <param name="code">Stable; told in the message, as the install has one code for all of them.</param>
    public void Error(string code, YamlNode at, string message) => errors.Add($"{Place(at)}: {message} ({code})");

    public void Warn(string code, YamlNode at, string message) => warnings.Add(new(code, $"{ConnectorMetadata.FileName}, {Place(at)}: {message}."));

    /// <exception cref="InstallFailedException"><c>metadata_invalid</c>: with all of the errors.</exception>
    public void ThrowErrors()
    {
        if (errors.Count > 0) throw PackageErrors.MetadataInvalid(errors);
    }

    /// <summary>A single value as it is written, be it a number or a boolean; null after an error, and when there is nothing.</summary>
    public string? Text(YamlMappingNode map, string key, string path)
    {
        switch (map.Find(key))
        {
            case null: return null;
            case YamlScalarNode scalar: return scalar.Value;
            case var other:
                Error("wrong_type", other, $"{path} is {other.Kind()}, not text");
                return null;
        }
    }

    private static string Place(YamlNode at) => $"line {at.Start.Line}, column {at.Start.Column}";
}
