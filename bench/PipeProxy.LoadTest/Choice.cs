using System.CommandLine;

namespace PipeProxy.LoadTest;

/// <summary>Options whose value is one of two words, refused by name when it is another.</summary>
internal static class Choice
{
    internal static Option<string?> Of(string name, string description, string helpName, string first, string second, params string[] aliases)
    {
        var option = new Option<string?>(name, aliases) { Description = description, HelpName = helpName };
        option.CompletionSources.Add(first, second);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value != first && token.Value != second))
            {
                result.AddError($"{name} takes {first} or {second}, not '{token.Value}'.");
            }
        });
        return option;
    }
}
