using Platform.Connectors;
using Platform.Samples.SampleConnector;

var printer = args is ["print-around", ..] ? Printing.BeginOnceServing("before") : null;

var protocols = args switch
{
    ["only-c1", ..] => ConnectorProtocols.C1,
    ["only-platform", ..] => ConnectorProtocols.Platform,
    _ => ConnectorProtocols.All,
};
var exitCode = await ConnectorHost.RunAsync<SampleConnector, SampleOptions>(protocols);

printer?.Join();
if (printer is not null)
    Printing.Megabyte("goodbye");
if (args is ["linger", ..])
    Thread.Sleep(Timeout.Infinite);
return exitCode;
