using Docker.DotNet;
using Platform.ServiceDefaults;

namespace Platform.Runner.Containers;

/// <summary>Volumes that outlive their containers.</summary>
internal static class ContainerVolumes
{
    /// <summary>Removes those whose names begin so, if there is an engine. Never fails: one that is in use, or that can't be reached, stays.</summary>
    public static async Task RemoveAsync(ContainerEngine engine, string prefix, CancellationToken cancel)
    {
        try
        {
            var named = new Dictionary<string, IDictionary<string, bool>> { ["name"] = new Dictionary<string, bool> { [prefix] = true } };
            var known = await engine.AskAsync(client => client.Volumes.ListAsync(new() { Filters = named }, cancel));
            // The engine looks for the name anywhere within.
            foreach (var volume in (known.Volumes ?? []).Where(v => v.Name.StartsWith(prefix, StringComparison.Ordinal)))
                await engine.AskAsync(client => client.Volumes.RemoveAsync(volume.Name, force: true, cancel));
        }
        catch (Exception e) when (e is ProblemException or DockerApiException)
        {
            // As said.
        }
    }
}
