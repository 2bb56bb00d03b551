using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Catalog;

internal static class ListCatalog
{
    public static Command Command()
    {
        var refresh = new Option<bool>("--refresh") { Description = "Read the indexes anew, however old what is kept is." };
        return new Command("catalog", "Lists the connectors that can be installed by name.") { refresh }.Does(async call =>
        {
            var json = await call.Api.GetAsync("/v1/catalog" + (call.Get(refresh) ? "?refresh=true" : ""), call.Cancel);
            call.Screen.Document(json);
            var catalog = json.To<CatalogAnswer>();
            call.Screen.Table(
                ["name", "version", "installed", "source", "description"],
                catalog.Items.Select(item => new[] { item.Name, item.Version, item.InstalledVersion?.ToString(), item.Source, item.Description }),
                "Nothing listed: set Catalog:Sources, or ./platform up --catalog FILE_OR_URL");
            foreach (var index in catalog.Indexes)
            {
                call.Screen.Note($"{index.Source}: {index.Connectors} connectors, {Age(index)}");
                if (index.Error is { } error) call.Screen.Warn(error.Code, error.Message, error.Remedy);
                foreach (var entry in index.Skipped)
                    call.Screen.Warn("catalog_entry_skipped",
                        $"entry {entry.Position + 1} ({entry.Name ?? "without a name"}) of {index.Source}: {string.Join(" ", entry.Errors.Select(e => e.Field == "" ? e.Message : $"{e.Field}: {e.Message}"))}", null);
            }

            return ExitCode.Ok;
        });
    }

    private static string Age(CatalogIndex index) => index.AgeSeconds switch
    {
        null => "never read",
        < 60 => "read just now",
        < 120 => "read a minute ago",
        < 7200 and var seconds => $"read {seconds / 60} minutes ago",
        var seconds => $"read {seconds / 3600} hours ago",
    };
}
