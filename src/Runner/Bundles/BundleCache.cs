using System.Collections.Concurrent;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Platform.Installer.V1;
using Platform.ServiceDefaults;
using BundlesClient = Platform.Installer.V1.Bundles.BundlesClient;

namespace Platform.Runner.Bundles;

/// <summary>Where this service keeps its files: the section <c>Data</c>.</summary>
internal sealed class DataSettings
{
    public const string Section = "Data";

    /// <summary>An absolute folder.</summary>
    public string Directory { get; init; } = "";
}

/// <summary>
/// Installed connectors, unpacked below <c>bundles/&lt;digest&gt;/files</c>. A bundle is there wholly or not at all; one whose
/// files were touched since is fetched anew.
/// </summary>
internal sealed partial class BundleCache(BundlesClient installer, IOptions<DataSettings> data, ILogger<BundleCache> logger)
{
    // A fetch takes minutes at most; what is older was left by a Runner that died.
    private static readonly TimeSpan LeftOverAge = TimeSpan.FromHours(1);
    private const int Attempts = 3;
    private readonly string root = Path.Combine(data.Value.Directory, "bundles");
    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = [];
    private readonly ConcurrentDictionary<string, int> users = [];

    public bool IsInUse(string digest) => users.GetValueOrDefault(digest) > 0;

    /// <summary>The bundle's files, checked just now, for as long as the lease is held.</summary>
    /// <exception cref="RunFaultException">bundle_unavailable; installer_unavailable, when it is to be fetched and can't be now.</exception>
    public async Task<BundleLease> GetAsync(string digest, CancellationToken cancel)
    {
        // It becomes a path.
        if (digest.Length != 64 || !digest.All(char.IsAsciiHexDigitLower))
            throw Faults.BundleUnavailable("its digest is not 64 hex digits");
        var turn = turns.GetOrAdd(digest, _ => new(1));
        await turn.WaitAsync(cancel);
        try
        {
            var folder = Path.Combine(root, digest);
            if (BundleTree.Matches(folder))
                return Lease(digest, folder);
            if (Directory.Exists(folder))
            {
                Log.Touched(logger, digest);
                Discard(folder);
            }

            RemoveLeftOvers();
            await FetchAsync(digest, folder, cancel);
            return Lease(digest, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Faults.BundleUnavailable(e.Message);
        }
        finally
        {
            turn.Release();
        }
    }

    private BundleLease Lease(string digest, string folder)
    {
        users.AddOrUpdate(digest, 1, (_, count) => count + 1);
        return new(BundleTree.Files(folder), () => users.AddOrUpdate(digest, 0, (_, count) => count - 1));
    }

    private async Task FetchAsync(string digest, string folder, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var temporary = Path.Combine(root, $".new-{Guid.NewGuid():n}");
            try
            {
                Directory.CreateDirectory(BundleTree.Files(temporary));
                await UnpackAsync(digest, BundleTree.Files(temporary), cancel);
                BundleTree.Record(temporary);
                if (!Directory.Exists(folder))
                    Directory.Move(temporary, folder);
                return;
            }
            catch (RpcException e) when (!cancel.IsCancellationRequested)
            {
                var problem = ProblemException.FromRpc(e)?.Problem;
                if (attempt == Attempts || e.StatusCode != StatusCode.Unavailable)
                    throw e.StatusCode == StatusCode.Unavailable ? Faults.InstallerUnavailable(e.Status.Detail) : Faults.BundleUnavailable(problem?.Detail ?? e.Status.Detail);
                await Task.Delay(TimeSpan.FromMilliseconds(300 * attempt), cancel);
            }
            catch (InvalidDataException e)
            {
                throw Faults.BundleUnavailable(e.Message);
            }
            finally
            {
                if (Directory.Exists(temporary))
                    Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private async Task UnpackAsync(string digest, string files, CancellationToken cancel)
    {
        using var call = installer.Download(new DownloadRequest { Digest = digest }, cancellationToken: cancel);
        using var hash = SHA256.Create();
        await using var archive = new CryptoStream(new ChunkStream(call.ResponseStream, cancel), hash, CryptoStreamMode.Read);
        await BundleArchive.UnpackAsync(archive, files, cancel);
        // The padding behind the last entry belongs to the digest too.
        await archive.CopyToAsync(Stream.Null, cancel);
        if (Convert.ToHexStringLower(hash.Hash!) != digest)
            throw new InvalidDataException("what the installer sent does not have the digest of the installed version");
    }

    private void RemoveLeftOvers()
    {
        if (!Directory.Exists(root))
            return;
        foreach (var folder in Directory.EnumerateDirectories(root, ".*").Where(f => Directory.GetCreationTimeUtc(f) < DateTime.UtcNow - LeftOverAge))
            Directory.Delete(folder, recursive: true);
    }

    // Moved away first: processes that run from it keep their files, and the name is free at once.
    private void Discard(string folder)
    {
        var aside = Path.Combine(root, $".old-{Guid.NewGuid():n}");
        Directory.Move(folder, aside);
        Directory.Delete(aside, recursive: true);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The files of bundle {Digest} were changed after they were unpacked; it is fetched anew")]
        public static partial void Touched(ILogger logger, string digest);
    }
}
