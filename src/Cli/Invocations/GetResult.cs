using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Invocations;

internal static class GetResult
{
    public static Command Command()
    {
        var id = new Argument<string>("invocation") { Description = "Its id, as invocations list shows it." };
        var output = new Option<string?>("--output") { Description = "A file for it; without this it goes to standard output." };
        return new Command("result", "Prints the result of an action, whatever its length.") { id, output }.Does(async call =>
        {
            await call.Api.DownloadAsync(InvocationCommands.PathOf(call.Get(id)) + "/result", body => WriteAsync(body, call.Get(output), call.Cancel), call.Cancel);
            return ExitCode.Ok;
        });
    }

    private static async Task WriteAsync(Stream body, string? file, CancellationToken cancel)
    {
        try
        {
            await using var target = file is null ? Console.OpenStandardOutput() : new FileStream(file, FileMode.Create);
            await body.CopyToAsync(target, cancel);
        }
        catch (HttpRequestException e)
        {
            throw new CliException(ExitCode.Failed, "result_broken_off", $"The result broke off; what there is of it is incomplete: {e.Message}", "Try again.");
        }
    }
}
