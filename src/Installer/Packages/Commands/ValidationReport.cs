using System.Text.RegularExpressions;
using Platform.Contracts;
using Platform.Ndc;

namespace Platform.Installer.Packages.Commands;

/// <summary>What an image or package says of itself without serving.</summary>
/// <param name="Valid">Its command succeeded, what it printed can be read, and nothing in that is wrong.</param>
/// <param name="Ran"><c>command</c>: that of the metadata; <c>image</c>: the image itself, which has none or whose package has none.</param>
/// <param name="NdcVersion">Of the specification that it says it implements; null: it did not get so far.</param>
/// <param name="Problems">What is wrong with what it printed, each a sentence.</param>
/// <param name="Error">Why the command has failed, or can't be read, with its exit code and the end of its standard error; null: neither.</param>
internal sealed partial record ValidationReport(
    bool Valid, string Ran, string? NdcVersion, int? Collections, int? Functions, int? Procedures, IReadOnlyList<string> Problems, InstallError? Error,
    IReadOnlyList<InstallWarning> Warnings)
{
    private sealed record Printed(NdcSchema Schema, NdcCapabilities Capabilities);

    /// <param name="metadata">Null: it is an image alone.</param>
    public static ValidationReport Of(string ran, string shown, CommandRun run, CommandOutcome outcome, ConnectorMetadata? metadata)
    {
        var warnings = metadata?.Warnings ?? [];
        if (outcome.Error is { } error) return new(false, ran, null, null, null, null, [], error, warnings);
        if (Read(run, shown, outcome, out var unreadable) is not { } printed) return new(false, ran, null, null, null, null, [], unreadable, warnings);
        var (schema, capabilities) = (printed.Schema, printed.Capabilities);
        List<string> problems = [.. schema.Problems()];
        if (!Version().IsMatch(capabilities.Version)) problems.Insert(0, $"The version of its capabilities is '{capabilities.Version}', which is no semantic version.");
        else if (metadata is not null && capabilities.IsFirstGeneration != (metadata.SpecGeneration == "v0.1"))
            warnings = [.. warnings, CommandErrors.OtherGeneration(metadata.SpecGeneration, capabilities.Version)];
        return new(problems.Count == 0, ran, capabilities.Version, schema.Collections.Count, schema.Functions.Count, schema.Procedures.Count, [.. problems.Select(run.Hide)], null, warnings);
    }

    private static Printed? Read(CommandRun run, string shown, CommandOutcome outcome, out InstallError? error)
    {
        error = null;
        try
        {
            return NdcClient.Read<Printed>(outcome.Output, run.Kind);
        }
        catch (NdcException e)
        {
            error = CommandErrors.BadOutput(shown, run.Hide(e.Fault.Message), outcome.Words.Length > 0 ? outcome.Words : run.Hide(e.Fault.Excerpt ?? ""));
            return null;
        }
    }

    [GeneratedRegex(@"^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?\z")]
    private static partial Regex Version();
}
