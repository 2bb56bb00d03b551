using Platform.Servers;

[assembly: AssemblyFixture(typeof(ContainerEngineFixture))]
