using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Build;

/// <summary>
/// Makes descriptors of the .proto files of a service's RPC interfaces, by the protoc that Grpc.Tools brings, in the sandbox of install commands: a
/// .proto is a stranger's input to a C++ program.
/// </summary>
internal sealed partial class CompileProtos(Sandbox sandbox, ProtoSource protos, IOptions<InstallOptions> options)
{
    /// <summary>Relative to the source.</summary>
    private const string Folder = ".platform/descriptors";
    private const long MaxDescriptorBytes = 4 << 20;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(1);

    // What is beside this program may not be executed by the user that the command becomes; what lies in its own /tmp may. The names of both
    // folders differ by isolation, TMPDIR tells them.
    private const string Script = "exec \"$TMPDIR/protoc/protoc\" \"$@\" -I\"$TMPDIR/protoc/include\" --descriptor_set_out=\"$TMPDIR/descriptors\"";

    private static string Tools => Path.Combine(AppContext.BaseDirectory, "protoc");

    /// <summary>Compiles each of them once, with all that it imports.</summary>
    /// <param name="uris">As <see cref="ProtoSource.FindAsync"/> takes them.</param>
    /// <param name="source">The root of the service's files; the descriptors are put below it.</param>
    /// <param name="temporary">A folder for what is fetched and made on the way.</param>
    /// <returns>By URI the file with its FileDescriptorSet, relative to the source.</returns>
    /// <exception cref="InstallFailedException"><c>proto_invalid</c> and the others of <see cref="ProtoErrors"/>; what fetching fails with.</exception>
    public async Task<IReadOnlyDictionary<string, string>> RunAsync(
        Guid install, IEnumerable<string> uris, string source, string temporary, InstallLog log, CancellationToken ct)
    {
        using var activity = PlatformActivity.Source.StartActivity("compile protos");
        Dictionary<string, string> made = [];
        foreach (var uri in uris.Distinct(StringComparer.Ordinal))
        {
            var work = Directory.CreateDirectory(Path.Combine(temporary, $"proto-{made.Count}")).FullName;
            var found = await protos.FindAsync(install, uri, source, Directory.CreateDirectory(Path.Combine(work, "fetch")).FullName, log, ct);
            log.Note($"compiling {found.Path}");
            var descriptors = await CompileAsync(install, uri, found, Directory.CreateDirectory(Path.Combine(work, "tmp")).FullName, log, ct);
            made[uri] = Keep(uri, descriptors, source);
            Tree.Delete(work);
        }
        return made;
    }

    private async Task<byte[]> CompileAsync(Guid install, string uri, ProtoSource.Found found, string temporary, InstallLog log, CancellationToken ct)
    {
        CopyTools(Path.Combine(temporary, "protoc"));
        // Imports are looked for from the root on down to the file's own folder: authors write them relative to any of these.
        List<string> arguments = ["--include_imports", "--include_source_info", "-I."];
        for (var end = found.Path.IndexOf('/', StringComparison.Ordinal); end > 0; end = found.Path.IndexOf('/', end + 1)) arguments.Add($"-I{found.Path[..end]}");
        var command = await sandbox.PrepareAsync(found.Root, temporary, install, ["/bin/sh", "-c", Script, "sh", .. arguments, found.Path]);
        var outcome = await command.RunAsync(install, TimeLimit, log.Add, ct, new CommandLimits(options.Value, [found.Root, temporary]));
        if (outcome.TimedOut || outcome.Excess is not null) throw ProtoErrors.Stopped(uri, TimeLimit, outcome.Excess, outcome.OutputTail);
        if (outcome.ExitCode != 0) throw ProtoErrors.Invalid(uri, Explain(outcome.OutputTail), outcome.OutputTail);
        var path = Path.Combine(temporary, "descriptors");
        return Posix.Look(path) switch
        {
            { Kind: Posix.Kind.File, Size: <= MaxDescriptorBytes } => await File.ReadAllBytesAsync(path, ct),
            { Kind: Posix.Kind.File } => throw ProtoErrors.TooLarge(uri, MaxDescriptorBytes),
            _ => throw ProtoErrors.Invalid(uri, "protoc made no descriptors.", outcome.OutputTail),
        };
    }

    private static void CopyTools(string target)
    {
        var protoc = Path.Combine(Tools, RuntimeInformation.OSArchitecture switch { Architecture.X64 => "linux_x64", Architecture.Arm64 => "linux_arm64", _ => "none" }, "protoc");
        if (!File.Exists(protoc)) throw ProtoErrors.CompilerMissing();
        const string wellKnown = "include/google/protobuf";
        Directory.CreateDirectory(Path.Combine(target, wellKnown));
        Tree.CopyFile(protoc, Path.Combine(target, "protoc"), executable: true);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Tools, wellKnown)))
            Tree.CopyFile(file, Path.Combine(target, wellKnown, Path.GetFileName(file)), executable: false);
    }

    /// <summary>The source belongs to a stranger: a link in the way would lead this service, which may be root, to anywhere.</summary>
    private static string Keep(string uri, byte[] descriptors, string source)
    {
        var folder = source;
        foreach (var part in Folder.Split('/'))
        {
            folder = Path.Combine(folder, part);
            if (Posix.Look(folder) is { Kind: not Posix.Kind.Folder }) File.Delete(folder);
            Directory.CreateDirectory(folder);
        }
        var name = $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(uri)))[..16]}.binpb";
        var path = Path.Combine(folder, name);
        if (Posix.Look(path) is { Kind: Posix.Kind.Folder }) Tree.Delete(path);
        else File.Delete(path);
        File.WriteAllBytes(path, descriptors);
        return $"{Folder}/{name}";
    }

    /// <summary>protoc's <c>file:line:column: text</c> as words; everything that it found wrong, warnings left out.</summary>
    private static string Explain(string output)
    {
        const int most = 20;
        var errors = output.Split('\n').Where(line => line.Length > 0 && !line.Contains(": warning: ", StringComparison.OrdinalIgnoreCase)).ToList();
        var text = string.Join("; ", errors.Take(most).Select(line => Position().Replace(line, "${file}, line ${line}, column ${column}: ", 1).TrimEnd('.')));
        return text.Length == 0 ? "protoc gives no reason." : errors.Count > most ? $"{text}; and {errors.Count - most} more." : text + ".";
    }

    [GeneratedRegex(@"^(?<file>[^:]+):(?<line>\d+):(?<column>\d+): ")]
    private static partial Regex Position();
}
