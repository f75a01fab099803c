using System.CommandLine;
using System.CommandLine.Parsing;

namespace PipeProxy.Cli;

/// <summary>Values that are one of a few words, refused in one line that names the flag, the words and what was written instead.</summary>
internal static class Choices
{
    /// <summary>Only <paramref name="words"/> may stand behind <paramref name="option"/>; shells complete them.</summary>
    public static void AcceptOnly(this Option option, params IReadOnlyList<string> words)
    {
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. words]);
        option.Validators.Add(result => Check(result, option.Name, words));
    }

    /// <summary>Only <paramref name="words"/> may stand in place of <paramref name="argument"/>; shells complete them.</summary>
    public static void AcceptOnly(this Argument argument, params IReadOnlyList<string> words)
    {
        argument.CompletionSources.Clear();
        argument.CompletionSources.Add([.. words]);
        argument.Validators.Add(result => Check(result, argument.Name, words));
    }

    /// <summary><c>a, b or c</c>.</summary>
    public static string List(IReadOnlyList<string> words)
        => words.Count == 1 ? words[0] : $"{string.Join(", ", words.Take(words.Count - 1))} or {words[^1]}";

    private static void Check(SymbolResult result, string name, IReadOnlyList<string> words)
    {
        foreach (var token in result.Tokens.Where(token => !words.Contains(token.Value)))
        {
            result.AddError($"{name} takes {List(words)}, not '{token.Value}'.");
        }
    }
}
