using Platform.Connectors;
using Platform.Connectors.Files.C1;

return await ConnectorHost.RunAsync<FilesConnector, FilesOptions>(ConnectorProtocols.C1);
