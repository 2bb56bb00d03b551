using Platform.Runner.Processes;

namespace Platform.Runner.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("./files-go", new[] { "./files-go" })]
    [InlineData("  python3   ./path/to/script --opt=x ", new[] { "python3", "./path/to/script", "--opt=x" })]
    public void A_plain_command_is_started_without_a_shell(string command, string[] argv) => Assert.Equal(argv, CommandLine.ToArgv(command));

    [Theory]
    [InlineData("python3 \"./my script.py\"", "exec python3 \"./my script.py\"")]
    [InlineData("./run $HOME", "exec ./run $HOME")]
    [InlineData("./run < ./input", "exec ./run < ./input")]
    [InlineData("./run ~/x", "exec ./run ~/x")]
    public void A_simple_command_that_needs_a_shell_replaces_it(string command, string script) =>
        Assert.Equal(["/bin/sh", "-c", script], CommandLine.ToArgv(command));

    [Theory]
    [InlineData("cd x && ./run")]
    [InlineData("DEBUG=1 ./run")]
    [InlineData("./run; true")]
    [InlineData("./run | tee log")]
    public void What_exec_would_break_is_left_to_the_shell(string command) => Assert.Equal(["/bin/sh", "-c", command], CommandLine.ToArgv(command));
}
