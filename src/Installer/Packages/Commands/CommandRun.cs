using System.Text.Encodings.Web;
using Platform.Contracts;

namespace Platform.Installer.Packages.Commands;

/// <summary>A command that is to be run once.</summary>
/// <param name="Id">Of the run.</param>
/// <param name="Kind">Its name in the metadata.</param>
/// <param name="Context">The folder of the configuration: a copy, which is gone afterwards.</param>
/// <param name="Temporary">An empty folder, for what is made on the way.</param>
/// <param name="Variables">See <see cref="PackageCommands.Variables"/>.</param>
/// <param name="Secrets">What its output must not be shown with.</param>
internal sealed record CommandRun(
    Guid Id, string Kind, string Context, string Temporary, IReadOnlyDictionary<string, string> Variables, IReadOnlyCollection<string> Secrets)
{
    private const int ShortestSecret = 3;

    /// <summary>It may change its context.</summary>
    public bool Writes { get; init; }

    /// <summary>Takes out of its words what the caller gave it. Values of one or two characters are parts of words, and stay.</summary>
    public string Hide(string text)
    {
        var forms = Secrets.Where(secret => secret.Length >= ShortestSecret).SelectMany(secret => (string[])[secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret)]);
        // Longest first, so that a value within another leaves no rest of it.
        return forms.Distinct().OrderByDescending(form => form.Length).Aggregate(text, (hidden, form) => hidden.Replace(form, "***", StringComparison.Ordinal));
    }
}

/// <summary>How a command ended.</summary>
/// <param name="Output">All of its standard output, where it may not write; else nothing.</param>
/// <param name="Words">The end of what it wrote besides; at most 8 KiB, without secrets.</param>
/// <param name="Error">Null: its exit code is 0.</param>
internal sealed record CommandOutcome(byte[] Output, string Words, InstallError? Error);
