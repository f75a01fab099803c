using System.CommandLine;
using System.Globalization;
using PipeProxy.Cli.Output;

namespace PipeProxy.Cli;

/// <summary><c>completions</c>: a script that makes a shell complete commands, flags and their values.</summary>
/// <remarks>The scripts ask the program itself (<c>pipeproxy [suggest:POSITION] "LINE"</c>), so they never fall behind it.</remarks>
internal static class CompletionsCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh.", HelpName = "bash|zsh|fish|pwsh" };
        shell.AcceptOnly("bash", "zsh", "fish", "pwsh");
        var command = new ExampleCommand("completions", "Print a completion script for a shell.")
        {
            Arguments = { shell },
            Remarks =
            [
                "Where it goes: ~/.local/share/bash-completion/completions/pipeproxy (bash), a folder of $fpath as _pipeproxy (zsh),",
                "~/.config/fish/completions/pipeproxy.fish (fish), the file that $PROFILE names (pwsh).",
            ],
            Examples = ["pipeproxy completions bash", "pipeproxy completions zsh", "pipeproxy completions fish", "pipeproxy completions pwsh"],
        };
        command.SetAction(parsed => Terminal.Of(parsed).Output.Write(ScriptOf(parsed.GetValue(shell)!)));
        return command;
    }

    /// <summary>Reads <c>[suggest:POSITION]</c>, by which the scripts ask.</summary>
    public static bool TryReadPosition(string argument, out int position)
    {
        position = 0;
        return argument.StartsWith("[suggest:", StringComparison.Ordinal) && argument.EndsWith(']')
            && int.TryParse(argument.AsSpan(9, argument.Length - 10), NumberStyles.None, CultureInfo.InvariantCulture, out position);
    }

    /// <summary>Prints what may stand at <paramref name="position"/> of <paramref name="line"/>, one a line.</summary>
    public static void Suggest(Command root, string line, int position, Terminal terminal)
    {
        // The line begins with the name it was called by; the tree is parsed without it.
        var start = line.IndexOf(' ', StringComparison.Ordinal) + 1;
        if (start == 0)
        {
            return;
        }

        foreach (var completion in root.Parse(line[start..], CommandLine.Verbatim).GetCompletions(Math.Max(0, position - start)))
        {
            terminal.Output.WriteLine(completion.InsertText ?? completion.Label);
        }
    }

    private static string ScriptOf(string shell) => shell switch
    {
        "bash" => """
            _pipeproxy() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$(pipeproxy "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _pipeproxy pipeproxy

            """,
        "zsh" => """
            #compdef pipeproxy
            _pipeproxy() {
                local -a suggestions
                suggestions=("${(@f)$(pipeproxy "[suggest:${#BUFFER}]" "${BUFFER}" 2>/dev/null)}")
                compadd -a suggestions || _files
            }
            compdef _pipeproxy pipeproxy

            """,
        "fish" => """
            complete -c pipeproxy -a '(set -l line (commandline -cp); pipeproxy "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null)'

            """,
        _ => """
            Register-ArgumentCompleter -Native -CommandName pipeproxy -ScriptBlock {
                param($word, $ast, $cursor)
                pipeproxy "[suggest:$cursor]" "$ast" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }

            """,
    };
}
