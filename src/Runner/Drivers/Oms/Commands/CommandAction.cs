using System.Text;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Commands;

/// <summary>
/// An action that is a command in its service: the arguments are one more word, a JSON object; standard output is the result of exit code 0. Other exit codes
/// mean what the specification's command interface says (see docs/oms.md), and what shells and kernels say by them.
/// </summary>
internal static class CommandAction
{
    // The kernel's limit for one word, with the zero at its end (MAX_ARG_STRLEN).
    private const int MaxWordBytes = (128 * 1024) - 1;

    /// <exception cref="RunFaultException">The command could not be run, wrote too much, or what it wrote is not what its output declares.</exception>
    public static async Task<ActionAnswer> InvokeAsync(OmsCall call, OmsCommand command, CancellationToken cancel)
    {
        var outcome = await call.Server.ExecuteAsync(WordsOf(call, command), call.Work.MaxResultBytes, cancel);
        foreach (var line in outcome.Error.Split('\n').Where(l => l.Length > 0))
            call.Work.Launch.Output.Add(line.TrimEnd('\r'), cut: false);
        return outcome.ExitCode == 0
            ? new(OmsResult.Read(call.Action.Output, WithoutLineEnd(outcome.Output), contentType: null), null)
            : new(null, CommandErrors.Of(command.Argv[0], outcome));
    }

    private static IReadOnlyList<string> WordsOf(OmsCall call, OmsCommand command)
    {
        var words = CommandWords.Of(command, call.Arguments, declared: call.Action.Arguments.Count > 0);
        return words.All(word => Encoding.UTF8.GetByteCount(word) <= MaxWordBytes) ? words : throw CommandErrors.ArgumentsTooLarge(MaxWordBytes);
    }

    private static ReadOnlyMemory<byte> WithoutLineEnd(ReadOnlyMemory<byte> output)
    {
        if (output.Span.EndsWith("\n"u8))
            output = output[..^1];
        return output.Span.EndsWith("\r"u8) ? output[..^1] : output;
    }
}
