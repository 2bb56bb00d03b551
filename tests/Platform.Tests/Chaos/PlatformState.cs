using System.Text;
using Aspire.Hosting.Testing;
using Npgsql;

namespace Platform.Tests.Chaos;

/// <summary>What there is of a running platform besides its API: every row of its databases, its processes, and theirs.</summary>
internal sealed class PlatformState(PlatformFixture platform)
{
    private static readonly string[] Databases = ["registry-db", "runner-db", "ingest-db", "gateway-db"];

    /// <summary>Each table that has a row with this text, and the row.</summary>
    public async Task<IReadOnlyList<(string Where, string Text)>> RowsWithAsync(string text)
    {
        List<(string, string)> found = [];
        foreach (var database in Databases)
        {
            var connection = await platform.App.GetConnectionStringAsync(database, TestContext.Current.CancellationToken);
            await using var source = NpgsqlDataSource.Create(connection!);
            foreach (var table in await ReadAsync(source, "select format('%I.%I', table_schema, table_name) from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"))
                foreach (var row in await ReadAsync(source, $"select t::text from {table} t where t::text like '%' || $1 || '%' limit 1", text))
                    found.Add(($"{database} {table}", row));
        }

        return found;
    }

    /// <summary>The most memory that each service has ever held, in bytes.</summary>
    public static IReadOnlyList<(string Service, long PeakBytes)> Peaks() =>
        [.. from pid in Descendants(Environment.ProcessId)
            let name = Read(pid, "comm").Trim()
            // This process drives a browser and holds whole documents: it is no service.
            where pid != Environment.ProcessId && name.StartsWith("Platform.", StringComparison.Ordinal)
            select (name, PeakOf(pid))];

    /// <summary>Processes anywhere with this text among their arguments.</summary>
    public static IReadOnlyList<string> ProcessesWith(string argument) =>
        [.. Pids().Where(pid => pid != Environment.ProcessId && Read(pid, "cmdline").Contains(argument, StringComparison.Ordinal)).Select(pid => $"{pid} {Read(pid, "cmdline").Replace('\0', ' ')}")];

    private static long PeakOf(int pid) => Read(pid, "status").Split('\n').Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) << 10).FirstOrDefault();

    private static HashSet<int> Descendants(int root)
    {
        var parents = Pids().Select(pid => (Pid: pid, Parent: ParentOf(pid))).ToList();
        HashSet<int> found = [root];
        while (parents.Where(p => found.Contains(p.Parent) && !found.Contains(p.Pid)).Select(p => p.Pid).ToList() is { Count: > 0 } more)
            found.UnionWith(more);
        return found;
    }

    private static int ParentOf(int pid) => Read(pid, "status").Split('\n').Where(line => line.StartsWith("PPid:", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split('\t')[1])).FirstOrDefault();

    private static IEnumerable<int> Pids() =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0])).Select(name => int.Parse(name!));

    private static string Read(int pid, string file)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/{file}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(NpgsqlDataSource source, string sql, params object[] parameters)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        List<string> rows = [];
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add(reader.GetString(0));
        return rows;
    }
}
