using System.Text.RegularExpressions;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Manifests;

/// <summary>The rules of what a manifest asks of the platform: <c>env</c>, <c>limits</c> and <c>platforms</c>.</summary>
internal static partial class ManifestNeeds
{
    private const int MaxVariables = 64;
    private const int MaxValueLength = 4096;
    private const int MaxPlatforms = 16;

    // As far as the Runner's settings themselves go; what a Runner allows is found out when the version is checked.
    private const int HighestLimit = 1 << 20;

    // What Runner sets for every connector, and by which go-plugin tells host and plugin apart: these are not the author's to change.
    private static readonly string[] ReservedNames = ["PATH", "HOME", "TMPDIR", "LANG", "PYTHONDONTWRITEBYTECODE", "DOTNET_ROOT", "BASIC_PLUGIN"];
    private static readonly string[] ReservedBeginnings = ["PLATFORM_", "PLUGIN_", "LD_"];

    public static void Check(Manifest manifest, List<FieldError> errors)
    {
        if (manifest.Env is { } env) CheckEnv(env, errors);
        if (manifest.Limits is { } limits)
        {
            CheckRange("limits.memory_mb", limits.MemoryMb, 16, HighestLimit, errors);
            CheckRange("limits.processes", limits.Processes, 8, HighestLimit, errors);
            CheckRange("limits.start_seconds", limits.StartSeconds, 1, 3600, errors);
        }
        if (manifest.Platforms is { } platforms) CheckPlatforms(platforms, errors);
    }

    private static void CheckEnv(IReadOnlyDictionary<string, string> env, List<FieldError> errors)
    {
        if (env.Count > MaxVariables)
            errors.Add(new("env", "too_many", $"There may be at most {MaxVariables} variables."));
        foreach (var (name, value) in env)
        {
            var field = $"env.{name}";
            if (!Variable().IsMatch(name))
                errors.Add(new(field, "invalid_name", "A variable's name has letters, digits and '_', does not begin with a digit, and has at most 255 characters."));
            else if (ReservedNames.Contains(name) || ReservedBeginnings.Any(b => name.StartsWith(b, StringComparison.Ordinal)))
                errors.Add(new(field, "reserved_name", $"The variable is the platform's. Reserved are {string.Join(", ", ReservedNames)} and names that begin with {string.Join(", ", ReservedBeginnings)}."));
            if (value.Length > MaxValueLength)
                errors.Add(new(field, "too_long", $"The value may have at most {MaxValueLength} characters."));
            if (value.Contains('\0'))
                errors.Add(new(field, "invalid_character", "The value must not hold a NUL character."));
        }
    }

    private static void CheckRange(string field, int? value, int min, int max, List<FieldError> errors)
    {
        if (value < min || value > max)
            errors.Add(new(field, "out_of_range", $"The number must be from {min} to {max}."));
    }

    private static void CheckPlatforms(IReadOnlyList<string> platforms, List<FieldError> errors)
    {
        if (platforms.Count is 0 or > MaxPlatforms)
            errors.Add(new("platforms", "wrong_count", $"The list has 1 to {MaxPlatforms} platforms; leave the field out for a connector that runs anywhere."));
        if (platforms.Any(p => !Platform().IsMatch(p)))
            errors.Add(new("platforms", "invalid_platform", "A platform is an operating system and an architecture, such as linux/amd64 or linux/arm64."));
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,254}\z")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^[a-z0-9]{1,16}/[a-z0-9_]{1,16}\z")]
    private static partial Regex Platform();
}
