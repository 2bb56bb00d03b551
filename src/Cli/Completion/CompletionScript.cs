using System.CommandLine;

namespace Platform.Cli.Completion;

/// <summary><c>completion bash|zsh|fish</c>: a script for the shell. What fits is asked of this program at each Tab.</summary>
internal static class CompletionScript
{
    private const string Question = "[suggest:";

    /// <summary>What the scripts ask: <c>platform "[suggest:POSITION]" LINE</c>, the form of the library's own directive; the line is without the program.</summary>
    public static bool IsQuestion(string[] args) => args is [_, _] && args[0].StartsWith(Question, StringComparison.Ordinal);

    /// <summary>Every word that may stand at the position, one a line.</summary>
    public static int Answer(RootCommand root, string[] args, TextWriter output)
    {
        var line = args[1];
        var position = int.TryParse(args[0].AsSpan(Question.Length).TrimEnd(']'), out var given) ? Math.Clamp(given, 0, line.Length) : line.Length;
        var word = line[..position][(line[..position].LastIndexOf(' ') + 1)..];
        // Options where one is begun; the library's other names of --help nowhere.
        foreach (var fitting in root.Parse(line).GetCompletions(position).Select(item => item.Label).Where(label => label[0] == '-' ? word.StartsWith('-') && label is not ("-?" or "-h") : label[0] != '/'))
            output.WriteLine(fitting);
        return ExitCode.Ok;
    }

    // Each calls the program by the word that was typed, so that ./platform and a published file work alike.
    private const string Bash = """
        # platform: completion for bash. Put it where bash-completion finds it, or: source <(platform completion bash)
        _platform_complete() {
          local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]}
          line=${line#*"$program"}
          line=${line#"${line%%[![:space:]]*}"}
          case $program in '~/'*) program=$HOME/${program#'~/'} ;; esac
          # Bash takes a colon for the end of a word: what was typed up to it is taken off again.
          case $COMP_WORDBREAKS in *:*) case ${line##* } in *:*) word=${line##* } ;; esac ;; esac
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$("$program" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
          case $COMP_WORDBREAKS in *:*) COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}") ;; esac
        }
        complete -o default -F _platform_complete platform ./platform
        """;

    private const string Zsh = """
        #compdef platform
        # platform: completion for zsh. Put it into a folder of $fpath as _platform, or: source <(platform completion zsh)
        _platform() {
          local line="${(j: :)words[2,CURRENT]}" program=${~words[1]}
          local -a found
          found=(${(f)"$($program "[suggest:${#line}]" "$line" 2>/dev/null)"})
          if (( $#found )); then compadd -a found; else _files; fi
        }
        if [ "$funcstack[1]" = _platform ]; then _platform "$@"; else compdef _platform platform ./platform; fi
        """;

    private const string Fish = """
        # platform: completion for fish. Put it into ~/.config/fish/completions/platform.fish, or: platform completion fish | source
        function __platform_complete
          set -l words (commandline -opc) (commandline -ct)
          set -l line (string join ' ' -- $words[2..-1])
          $words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c platform -a '(__platform_complete)'
        """;

    public static Command Command()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return new Command("completion", "Prints a script that lets a shell complete the commands, their options, what options can be, and the names of connectors, connections, webhooks and tokens.") { shell }.Does(call =>
        {
            var script = call.Get(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish };
            call.Screen.Document(new { Shell = call.Get(shell), Script = script });
            call.Screen.Say(script);
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
