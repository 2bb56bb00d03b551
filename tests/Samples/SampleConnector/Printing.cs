namespace Platform.Samples.SampleConnector;

/// <summary>One mebibyte on standard output: numbered lines of 32 KiB, with characters of several bytes.</summary>
internal static class Printing
{
    private const int Lines = 32;
    private const int LineBytes = 32 * 1024;

    public static void Megabyte(string name)
    {
        for (var number = 1; number <= Lines; number++)
            Console.Out.WriteLine(Line(name, number));
    }

    /// <summary>Prints as soon as the standard streams are the host's, whether it reads already or not.</summary>
    public static Thread BeginOnceServing(string name)
    {
        var own = Console.Out;
        var printer = new Thread(() =>
        {
            while (ReferenceEquals(Console.Out, own))
                Thread.Yield();
            Megabyte(name);
        })
        { IsBackground = true };
        printer.Start();
        return printer;
    }

    // Like "before 7 ü😀ü😀…7": the end shows that the middle is whole.
    private static string Line(string name, int number)
    {
        var (head, tail) = ($"{name} {number} ", $"{number}");
        var pairs = (LineBytes - 1 - head.Length - tail.Length) / 6;
        return head + string.Concat(Enumerable.Repeat("ü😀", pairs)) + tail;
    }
}
