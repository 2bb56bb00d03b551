using Platform.Cli;

return await CommandLine.RunAsync(args);
