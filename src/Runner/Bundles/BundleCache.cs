using System.Collections.Concurrent;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Win32.SafeHandles;
using Platform.ServiceDefaults;
using BundlesClient = Platform.Installer.V1.Bundles.BundlesClient;

namespace Platform.Runner.Bundles;

/// <summary>
/// Installed connectors, unpacked. A bundle is there wholly or not at all; one whose files were touched since is fetched anew, and those that
/// were not used for long make room for others.
/// </summary>
internal sealed partial class BundleCache(BundlesClient installer, BundleFolders folders, ILogger<BundleCache> logger)
{
    private const int NoSpace = 28;
    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = [];
    private readonly ConcurrentDictionary<string, int> users = [];

    /// <summary>Whether this Runner uses it now.</summary>
    public bool IsInUse(string digest) => users.GetValueOrDefault(digest) > 0;

    /// <summary>The bundle's files, checked just now, for as long as the lease is held.</summary>
    /// <exception cref="RunFaultException">bundle_unavailable; installer_unavailable or disk_full, when it is to be fetched and can't be now.</exception>
    public async Task<BundleLease> GetAsync(string digest, CancellationToken cancel)
    {
        // It becomes a path.
        if (digest.Length != 64 || !digest.All(char.IsAsciiHexDigitLower))
            throw Faults.BundleUnavailable("its digest is not 64 hex digits");
        var turn = turns.GetOrAdd(digest, _ => new(1));
        await turn.WaitAsync(cancel);
        try
        {
            var folder = folders.Of(digest);
            var use = HoldUntouched(folder) ?? await FetchAsync(digest, folder, cancel);
            users.AddOrUpdate(digest, 1, (_, count) => count + 1);
            return new(BundleTree.Files(folder), () =>
            {
                use.Dispose();
                users.AddOrUpdate(digest, 0, (_, count) => count - 1);
            });
        }
        catch (IOException e) when (e.HResult == NoSpace)
        {
            throw Faults.DiskFull();
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

    private static SafeFileHandle? HoldUntouched(string folder)
    {
        var use = BundleUse.TryHold(folder);
        if (use is null || BundleTree.Matches(folder))
            return use;
        use.Dispose();
        return null;
    }

    private async Task<SafeFileHandle> FetchAsync(string digest, string folder, CancellationToken cancel)
    {
        SafeFileHandle use;
        using (await folders.LockAsync(digest, cancel))
        {
            // Another Runner may have fetched it meanwhile.
            if (HoldUntouched(folder) is { } fetched)
                return fetched;
            if (Directory.Exists(folder))
            {
                Log.Touched(logger, digest);
                folders.Remove(folder);
            }

            use = await FetchLockedAsync(digest, folder, cancel);
        }

        MakeRoom();
        return use;
    }

    private async Task<SafeFileHandle> FetchLockedAsync(string digest, string folder, CancellationToken cancel)
    {
        var (temporary, use) = folders.Begin();
        try
        {
            await UnpackAsync(digest, BundleTree.Files(temporary), cancel);
            BundleTree.Record(temporary);
            Directory.Move(temporary, folder);
            return use;
        }
        catch (Exception e)
        {
            use.Dispose();
            Directory.Delete(temporary, recursive: true);
            cancel.ThrowIfCancellationRequested();
            throw e switch
            {
                RpcException { StatusCode: StatusCode.Unavailable } rpc => Faults.InstallerUnavailable(rpc.Status.Detail),
                RpcException rpc => Faults.BundleUnavailable(ProblemException.FromRpc(rpc)?.Problem.Detail ?? rpc.Status.Detail),
                InvalidDataException => Faults.BundleUnavailable(e.Message),
                _ => e,
            };
        }
    }

    private async Task UnpackAsync(string digest, string files, CancellationToken cancel)
    {
        await using var download = new BundleDownload(installer, digest, cancel);
        using var hash = SHA256.Create();
        await using var archive = new CryptoStream(download, hash, CryptoStreamMode.Read);
        await BundleArchive.UnpackAsync(archive, files, cancel);
        // The padding behind the last entry belongs to the digest too.
        await archive.CopyToAsync(Stream.Null, cancel);
        if (Convert.ToHexStringLower(hash.Hash!) != digest)
            throw new InvalidDataException("what the installer sent does not have the digest of the installed version");
    }

    // Whatever hinders it, the bundle that was asked for is there.
    private void MakeRoom()
    {
        try
        {
            folders.RemoveLeftOvers();
            folders.Evict();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NoRoomMade(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The files of bundle {Digest} were changed after they were unpacked; it is fetched anew")]
        public static partial void Touched(ILogger logger, string digest);

        [LoggerMessage(2, LogLevel.Warning, "Bundles that are not needed could not be removed: {Reason}")]
        public static partial void NoRoomMade(ILogger logger, string reason);
    }
}
