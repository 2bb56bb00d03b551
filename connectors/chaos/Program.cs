using Platform.Connectors;
using Platform.Connectors.Chaos;

StartFaults.Apply();
return await ConnectorHost.RunAsync<ChaosConnector, ChaosOptions>(args is ["c1"] ? ConnectorProtocols.C1 : ConnectorProtocols.All);
