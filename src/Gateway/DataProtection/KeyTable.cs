using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace Platform.Gateway.DataProtection;

/// <summary>Keeps the keys of Data Protection in the gateway's database, so that every replica can read what another one protected: forms that were open before a restart, secrets of webhooks.</summary>
internal sealed class KeyTable(NpgsqlDataSource database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var connection = database.OpenConnection();
        return [.. connection.Query<string>("SELECT xml FROM data_protection_keys").Select(xml => XElement.Parse(xml))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var connection = database.OpenConnection();
        connection.Execute(
            "INSERT INTO data_protection_keys (friendly_name, xml) VALUES (@friendlyName, @xml) ON CONFLICT (friendly_name) DO UPDATE SET xml = EXCLUDED.xml",
            new { friendlyName, xml = element.ToString(SaveOptions.DisableFormatting) });
    }
}

internal static class DataProtectionSetup
{
    public static void AddKeyTable(this WebApplicationBuilder builder)
    {
        builder.Services.AddDataProtection().SetApplicationName("platform-gateway");
        builder.Services.AddOptions<KeyManagementOptions>().Configure<NpgsqlDataSource>((options, database) => options.XmlRepository = new KeyTable(database));
    }
}
