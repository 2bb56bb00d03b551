using System.Reflection;
using System.Xml.Linq;

namespace Platform.Standins.Tests.PublicApi;

// standins/*/PublicAPI.txt: one line per public type or member, `signature<TAB>page that it was checked against`.
// With the official packages every listed line must exist there; with the stand-ins, also nothing else.
public sealed class PublicApiTests
{
    private static readonly string Standins = Setting("StandinsDirectory");
    private static readonly bool Official = Setting("OfficialPackages") == "true";

    public static TheoryData<string> Names => [.. Directory.GetFiles(Standins, "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }).Select(project => Path.GetFileNameWithoutExtension(project)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_stand_in_offers_exactly_what_its_list_says(string name)
    {
        var project = XDocument.Load(Path.Combine(Standins, name, name + ".csproj"));
        var assembly = Assembly.Load(project.Descendants("AssemblyName").SingleOrDefault()?.Value ?? name);
        var offered = ApiListing.Of(assembly);
        var path = Path.Combine(Standins, name, "PublicAPI.txt");
        var listed = (File.Exists(path) ? File.ReadAllLines(path) : []).Where(line => line.Length > 0).ToArray();
        var signatures = listed.Select(line => line.Split('\t')[0]).ToArray();
        string[] wrong =
        [
            .. listed.Where(line => line.Split('\t') is not [_, ['h', 't', 't', 'p', 's', ':', '/', '/', ..]]).Select(line => "no page: " + line),
            .. signatures.CountBy(line => line).Where(pair => pair.Value > 1).Select(pair => "twice: " + pair.Key),
            .. signatures.Except(offered).Select(line => "listed, not offered: " + line),
            .. Official ? [] : offered.Except(signatures).Select(line => "offered, not listed: " + line),
        ];
        Assert.True(wrong.Length == 0, $"{name}/PublicAPI.txt and {assembly.GetName().Name} differ:\n{string.Join('\n', wrong)}");
    }

    private static string Setting(string key) =>
        typeof(PublicApiTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(setting => setting.Key == key).Value!;
}
