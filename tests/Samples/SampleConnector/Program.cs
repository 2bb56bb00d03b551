using Platform.Connectors;
using Platform.Samples.SampleConnector;

var printer = args is ["print-around", ..] ? Printing.BeginOnceServing("before") : null;

var exitCode = await ConnectorHost.RunAsync<SampleConnector, SampleOptions>();

printer?.Join();
if (printer is not null)
    Printing.Megabyte("goodbye");
if (args is ["linger", ..])
    Thread.Sleep(Timeout.Infinite);
return exitCode;
