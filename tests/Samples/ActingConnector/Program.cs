using Platform.Connectors;
using Platform.Samples.ActingConnector;

return await ConnectorHost.RunAsync<ActingConnector, ActingOptions>();
