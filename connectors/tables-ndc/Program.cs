using Platform.Connectors.Tables.Configuration;
using Platform.Connectors.Tables.Serving;

const int Failed = 1, BadUsage = 2;

try
{
    switch (args)
    {
        case [] or ["serve"]:
            await Server.RunAsync();
            return 0;
        case ["printSchemaAndCapabilities"]:
            Printed.SchemaAndCapabilities();
            return 0;
        default:
            Console.Error.WriteLine($"error bad_usage: {string.Join(' ', args)} is no command; there are serve, which is the default, and printSchemaAndCapabilities");
            return BadUsage;
    }
}
catch (BadConfiguration e)
{
    foreach (var error in e.Errors)
        Console.Error.WriteLine($"error {error}");
    return Failed;
}
