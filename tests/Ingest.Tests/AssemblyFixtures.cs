using Platform.Servers;

[assembly: AssemblyFixture(typeof(ServersFixture))]
