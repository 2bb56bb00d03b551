using System.Text;

namespace Platform.Oms.Tests;

/// <summary>Descriptions in few lines.</summary>
internal static class Sample
{
    public static readonly string Corpus = Path.Combine(AppContext.BaseDirectory, "corpus");

    public static OmsService Read(string yaml) => OmsReader.Read("oms.yml", Encoding.UTF8.GetBytes(yaml));

    /// <summary>What follows begins at line 3.</summary>
    public static OmsService Of(string rest) => Read("oms: 1\ninfo: {title: t, version: 1.0.0, description: d}\n" + rest);

    /// <summary>One action called a, whose own keys begin at line 5, column 5.</summary>
    public static OmsService WithAction(string body) => Of("actions:\n  a:\n    " + body.ReplaceLineEndings("\n    ") + "\n");

    public static OmsAction Action(string body) => Assert.Single(WithAction(body).Actions);

    /// <summary>One GET with this single argument, called x.</summary>
    public static (OmsArgument Argument, string[] Warnings) Argument(string argument)
    {
        var service = WithAction($"http: {{method: get, port: 80, path: /}}\narguments:\n  x:\n    {argument.ReplaceLineEndings("\n    ")}");
        return (Assert.Single(Assert.Single(service.Actions).Arguments), Told(service));
    }

    public static string[] Codes(OmsService service) => [.. service.Warnings.Select(w => w.Code)];

    /// <summary><c>line:column code path</c></summary>
    public static string[] Told(OmsService service) => [.. service.Warnings.Select(w => $"{w.Line}:{w.Column} {w.Code} {w.Path}".TrimEnd())];

    public static OmsService FromCorpus(string name)
    {
        using var stream = File.OpenRead(Path.Combine(Corpus, name + ".yml"));
        return OmsReader.Read(name, stream);
    }

    public static OmsFormatException Refused(string yaml) => Assert.Throws<OmsFormatException>(() => Read(yaml));
}
