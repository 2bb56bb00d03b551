using System.Text;
using System.Text.RegularExpressions;
using Platform.Contracts;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>What callers say of a command, checked; all that is wrong is collected.</summary>
internal sealed partial class CommandInput(LocalRoots roots)
{
    private const int MaxVariables = 200, MaxValueBytes = 64 * 1024;

    private readonly List<FieldError> errors = [];

    public void Error(string field, string code, string message) => errors.Add(new(field, code, message));

    /// <exception cref="ProblemException"><c>invalid_package_command</c>, with all of the errors.</exception>
    public void ThrowErrors()
    {
        if (errors.Count > 0) throw CommandErrors.Invalid(errors);
    }

    /// <returns>The folder with every link in its path resolved; null after an error.</returns>
    public string? Folder(string field, string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            Error(field, "required", "The field is required: the absolute path of a folder.");
            return null;
        }
        try
        {
            var real = roots.Check(path);
            if (Posix.Look(real) is { Kind: Posix.Kind.Folder }) return real;
            Error(field, "no_folder", $"{path} is not a folder.");
        }
        catch (InstallFailedException e)
        {
            Error(field, e.Error.Code, e.Error.Message);
        }
        return null;
    }

    /// <summary>A folder that is to be changed: beside it there must be room for its next version, which a root has not.</summary>
    public string? FolderToChange(string field, string? path)
    {
        if (Folder(field, path) is not { } real) return null;
        if (!roots.IsRoot(real)) return real;
        Error(field, "local_root", $"{path} is itself a folder of Local:Roots; only one below it can be changed, as the new version is made beside it.");
        return null;
    }

    /// <returns>The manifest that fetches the package; null after an error.</returns>
    /// <param name="package">An absolute path, or a URL with http or https.</param>
    public Manifest? Package(string? package, string? sha256)
    {
        if (string.IsNullOrEmpty(package)) Error("package", "required", "The field is required: an absolute path or an http(s) URL of a package.");
        else if (package.StartsWith('/')) return sha256 is null ? Of("Local", package, null) : Unneeded();
        else if (package.StartsWith("https://", StringComparison.Ordinal) || package.StartsWith("http://", StringComparison.Ordinal)) return Of("HTTP", package, sha256);
        else Error("package", "invalid_package", "A package is the absolute path of a folder or archive, or an http(s) URL of an archive.");
        return null;

        static Manifest Of(string source, string uri, string? sha256) => new("package", null, source, uri, null, null, null, Protocol: Manifest.PackageProtocol, Sha256: sha256);

        Manifest? Unneeded()
        {
            Error("sha256", "not_for_local", "sha256 is for what is downloaded.");
            return null;
        }
    }

    /// <summary>Variables for the command. Their values are nobody's to see: no message repeats one.</summary>
    public IReadOnlyDictionary<string, string> Environment(IReadOnlyDictionary<string, string?>? env)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (env?.Count > MaxVariables) Error("env", "too_many", $"There may be {MaxVariables} variables at most.");
        foreach (var (name, value) in env ?? new Dictionary<string, string?>())
        {
            var field = $"env.{name}";
            if (!VariableName().IsMatch(name)) Error(field, "invalid_name", "A variable's name has letters, digits and _, and does not begin with a digit.");
            else if (PackageRuntime.IsReserved(name)) Error(field, "reserved_name", $"Names that begin with {string.Join(" or ", PackageRuntime.ReservedPrefixes)} are the platform's to set.");
            else if (value is null || value.Contains('\0') || Encoding.UTF8.GetByteCount(value) > MaxValueBytes) Error(field, "invalid_value", $"A value is a text without NUL, of at most {MaxValueBytes} bytes.");
            else variables[name] = value;
        }
        return variables;
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,254}\z")]
    private static partial Regex VariableName();
}
