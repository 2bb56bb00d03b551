using System.Runtime.Versioning;

namespace Platform.Registry.Tests;

[UnsupportedOSPlatform("windows")]
[Collection(nameof(ServiceRing))]
public sealed class KeyRingTests(RegistryFixture registry) : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("registry-keys-").FullName;

    // The host starts without one, and its queues are not in the way of the others'.
    private const string NoBroker = "amqp://127.0.0.1:1";

    private string Keys => Path.Combine(data, "keys");

    [Fact]
    public async Task Without_the_keys_of_its_rows_Registry_refuses_to_start_and_names_the_remedy()
    {
        var database = registry.NewDatabase();
        await using (var first = new RegistryHost(database, NoBroker, data)) first.StartServer();
        await using (var again = new RegistryHost(database, NoBroker, data)) again.StartServer();
        Directory.Delete(Keys, recursive: true);

        for (var attempt = 0; attempt < 2; attempt++)
        {
            await using var lost = new RegistryHost(database, NoBroker, data);
            var refusal = Assert.ThrowsAny<Exception>(lost.StartServer);
            Assert.Contains("Restore that folder", refusal.ToString());
        }
    }

    [Fact]
    public async Task The_folder_of_keys_is_its_owners_alone()
    {
        Directory.CreateDirectory(Keys, (UnixFileMode)0b111_101_101);
        await using var host = new RegistryHost(registry.NewDatabase(), NoBroker, data);
        host.StartServer();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Keys));
        Assert.NotEmpty(Directory.GetFiles(Keys));
    }

    [Fact]
    public async Task Without_its_data_folder_set_Registry_names_the_setting()
    {
        await using var host = new RegistryHost(registry.NewDatabase(), NoBroker, "relative");
        Assert.Contains("Data:Directory", Assert.ThrowsAny<Exception>(host.StartServer).ToString());
    }

    public void Dispose() => Directory.Delete(data, recursive: true);
}
