using System.Diagnostics;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Bundles;
using Platform.Installer.Images;
using Platform.Installer.Installs;
using Platform.Installer.Packages;
using Platform.Installer.Services;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Tests;

/// <summary>A folder of its own with a data folder, a root for Local sources and the parts of the Installer over them.</summary>
internal sealed class Workplace : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public Workplace(Action<InstallOptions>? configure = null, string? data = null, string? allow = null, GitOptions? git = null, string? engine = null)
    {
        Directory.CreateDirectory(Roots);
        configure?.Invoke(Options);
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        Data = new DataFolder(Microsoft.Extensions.Options.Options.Create(new DataOptions { Directory = data ?? Path.Combine(Folder, "data") }));
        Store = new BundleStore(Data);
        Pack = new PackBundle(Store, options);
        var roots = new LocalRoots(Microsoft.Extensions.Options.Options.Create(new LocalOptions { Roots = [Roots], Never = [Path.Combine(Roots, "registry-data")] }), Data);
        var guard = new OutboundGuard(new ConfigurationBuilder().AddInMemoryCollection(allow is null ? [] : [new("Outbound:Allow:0", allow)]).Build());
        var vcs = new VcsSource(new Git(options, Microsoft.Extensions.Options.Options.Create(git ?? new GitOptions())), roots, guard, options);
        Engine = new ContainerEngine(Microsoft.Extensions.Options.Options.Create(new ContainerSettings { Socket = engine }));
        Images = new EngineImages(Engine, options);
        Build = new BuildImage(Images, new ClassicBuilder(Images, options), new BuildKitBuilder(Engine), options);
        var archives = new Archives(options);
        var download = new Download(guard, options);
        Fetch = new FetchSource(
            new LocalSource(roots, archives, options), vcs, new HttpSource(download, archives, options), new ImageSource(Images), new PackageImage(Images, roots, options),
            new ServerSource(guard, download, roots), Pack);
        Sandbox = new Sandbox(Data, options, NullLogger<Sandbox>.Instance);
        Protos = new CompileProtos(Sandbox, new ProtoSource(download, vcs), options);
        Statuses = new InstallStatuses(Data);
        Logs = new InstallLogs(Data);
        // A bus that is never started: news of progress goes nowhere, as when the broker is away.
        var bus = Bus.Factory.CreateUsingInMemory(_ => { });
        var publisher = new CommandPublisher(bus);
        var build = new BuildSource(Sandbox, options);
        var service = new PrepareService(Images, Build, Protos);
        var steps = new InstallSteps(Fetch, build, new UpdateFiles(new UnpackBundle(Store), vcs, build, Sandbox, options), service, new PreparePackage(Images, Build), Pack, publisher);
        Install = new RunInstall(Data, Statuses, steps, publisher, options, NullLogger<RunInstall>.Instance);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("installer-tests-").FullName;
    public string Roots => Path.Combine(Folder, "roots");
    public InstallOptions Options { get; } = new();
    public DataFolder Data { get; }
    public BundleStore Store { get; }
    public PackBundle Pack { get; }
    public FetchSource Fetch { get; }
    public Sandbox Sandbox { get; }
    public ContainerEngine Engine { get; }
    public EngineImages Images { get; }
    public BuildImage Build { get; }
    public CompileProtos Protos { get; }
    public InstallStatuses Statuses { get; }
    public InstallLogs Logs { get; }
    public RunInstall Install { get; }

    /// <summary>Makes a folder below the roots with these files.</summary>
    public string Source(string name, params (string Path, string Content)[] files)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Roots, name)).FullName;
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllText(Path.Combine(folder, path), content);
        }
        return folder;
    }

    public static Manifest Local(string uri, string? install = null) => new("demo", null, "Local", uri, install, null, "./run");

    /// <summary>Of a described service.</summary>
    public static Manifest Service(string uri, string source = "Local", string? install = null, string? describedBy = null) =>
        new("demo", null, source, uri, install, null, null, Protocol: Manifest.ServiceProtocol, DescribedBy: describedBy);

    /// <summary>Of a packaged connector.</summary>
    public static Manifest Package(string uri, string source = "Local", string? configuration = null) =>
        new("demo", null, source, uri, null, null, null, Protocol: Manifest.PackageProtocol, Configuration: configuration);

    public static Manifest Vcs(string uri, string? reference = null, string? subdir = null) => new("demo", null, "VCS", uri, null, null, "./run", reference, subdir);

    public Task<InstallStatus> RunAsync(Manifest manifest, int attempt = 0)
    {
        var id = Guid.CreateVersion7();
        return RunAsync(new InstallStatus(id, manifest, manifest.Name, DateTimeOffset.UtcNow, null, Attempt: attempt));
    }

    public Task<InstallStatus> RunAsync(InstallStatus status) => RunUntilAsync(status, CancellationToken.None);

    /// <param name="cancelled">As by CancelInstall.</param>
    public async Task<InstallStatus> RunUntilAsync(InstallStatus status, CancellationToken cancelled)
    {
        var log = Logs.Open(status.InstallId);
        try
        {
            return await Install.RunAsync(status, log, cancelled, TestContext.Current.CancellationToken);
        }
        finally
        {
            Logs.Close(status.InstallId);
        }
    }

    public string LogText(InstallStatus status) => string.Join('\n', Logs.Read(status.InstallId).Select(line => line.Text));

    /// <param name="engine">The socket of a container engine; null: as this process is told by DOCKER_HOST.</param>
    public static async Task SkipWithoutEngineAsync(string? engine = null)
    {
        using var asked = new ContainerEngine(Microsoft.Extensions.Options.Options.Create(new ContainerSettings { Socket = engine }));
        Assert.SkipUnless(await asked.IsReachableAsync(TestContext.Current.CancellationToken), $"No container engine answers at {asked.Address}.");
    }

    /// <summary>Runs the install and gives its error; nothing may be left of it but status and log.</summary>
    public async Task<InstallError> FailAsync(Manifest manifest)
    {
        var status = await RunAsync(manifest);
        Assert.Equal(InstallState.Failed, status.State);
        Assert.Null(status.Digest);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data.Work));
        Assert.Empty(Directory.EnumerateFiles(Data.Store, "*", SearchOption.AllDirectories));
        Assert.Equivalent(status.Error, Statuses.Find(status.InstallId)!.Error);
        return status.Error!;
    }

    /// <summary>Runs the install and unpacks its bundle with GNU tar.</summary>
    public async Task<(InstallStatus Status, string Tree)> SucceedAsync(Manifest manifest)
    {
        var status = await RunAsync(manifest);
        Assert.True(status.State == InstallState.Succeeded, $"{status.Error}\n{LogText(status)}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data.Work));
        return (status, Unpack(status.Digest!));
    }

    public string Unpack(string digest)
    {
        var tree = Directory.CreateTempSubdirectory("installer-tests-tree-").FullName;
        _unpacked.Add(tree);
        Shell($"tar -xf '{Data.Store}/{digest[..2]}/{digest}.tar' -C '{tree}'");
        return tree;
    }

    public static string Shell(string script, string? folder = null)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-ec", script]) { RedirectStandardOutput = true, WorkingDirectory = folder ?? "/" };
        // What a repository's maker would have configured; nothing of the machine's.
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        foreach (var who in (string[])["AUTHOR", "COMMITTER"])
        {
            start.Environment[$"GIT_{who}_NAME"] = "Test";
            start.Environment[$"GIT_{who}_EMAIL"] = "test@example.com";
        }
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}: exit code {process.ExitCode}");
        return output.Trim();
    }

    /// <summary>Only fetches, with a pin.</summary>
    public async Task<Fetched> FetchAsync(Manifest manifest, SourcePin? pin, Action<long, long?>? onProgress = null)
    {
        var id = Guid.CreateVersion7();
        using var log = new InstallLog(Path.Combine(Folder, $"{id}.log"));
        var work = Directory.CreateDirectory(Path.Combine(Folder, $"fetch-{id}"));
        return await Fetch.RunAsync(
            id, manifest, pin, work.CreateSubdirectory("source").FullName, work.CreateSubdirectory("fetch").FullName, log, onProgress ?? ((_, _) => { }), TestContext.Current.CancellationToken);
    }

    public async Task<InstallError> FetchFailsAsync(Manifest manifest, SourcePin? pin) =>
        (await Assert.ThrowsAsync<InstallFailedException>(() => FetchAsync(manifest, pin))).Error;

    /// <summary>Waits for something that happens by itself.</summary>
    public static async Task UntilAsync(string what, Func<bool> happened)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!happened())
        {
            Assert.False(timeout.IsCancellationRequested, $"{what} did not happen within {Patience}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose()
    {
        Engine.Dispose();
        Tree.Delete(Folder);
        _unpacked.ForEach(Tree.Delete);
    }

    private readonly List<string> _unpacked = [];
}
