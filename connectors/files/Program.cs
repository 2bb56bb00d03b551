using Platform.Connectors;
using Platform.Connectors.Files;

return await ConnectorHost.RunAsync<FilesConnector, FilesOptions>();
