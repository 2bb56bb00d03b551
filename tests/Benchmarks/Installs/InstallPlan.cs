namespace Platform.Benchmarks.Installs;

/// <summary>How large the folders are and how often is measured.</summary>
/// <param name="Installed">What is installed.</param>
/// <param name="Checked">What is looked at before a start.</param>
internal sealed record InstallPlan(string Name, FileSet Installed, FileSet Checked, int Rounds)
{
    private static readonly FileSet FiftyMegabytes = new(5_000, 10_000), TwentyMegabytes = new(2_000, 10_000);

    public static readonly InstallPlan Usual = new("usual", FiftyMegabytes, TwentyMegabytes, 15);
    public static readonly InstallPlan Full = new("full", FiftyMegabytes, TwentyMegabytes, 51);

    /// <summary>Only shows that everything runs; the numbers mean nothing.</summary>
    public static readonly InstallPlan Smoke = new("smoke", new(50, 1_000), new(50, 1_000), 1);

    public static InstallPlan Of(Plan plan) => plan == Plan.Full ? Full : plan == Plan.Smoke ? Smoke : Usual;

    public override string ToString() => FormattableString.Invariant($"{Name}: {Rounds} rounds, installed {Installed}, checked {Checked}");
}

/// <summary>Files of random bytes, a hundred to a folder.</summary>
internal sealed record FileSet(int Files, int BytesEach)
{
    private const int FilesInFolder = 100;

    public void WriteTo(string folder)
    {
        var random = new Random(Files);
        var content = new byte[BytesEach];
        for (var file = 0; file < Files; file++)
        {
            var below = Directory.CreateDirectory(Path.Combine(folder, $"folder-{file / FilesInFolder}"));
            random.NextBytes(content);
            File.WriteAllBytes(Path.Combine(below.FullName, $"file-{file}.bin"), content);
        }
    }

    public override string ToString() => FormattableString.Invariant($"{Files} files of {BytesEach} bytes");
}
