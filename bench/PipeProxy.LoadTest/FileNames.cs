using System.CommandLine;

namespace PipeProxy.LoadTest;

/// <summary>Options whose value is a file's name; an empty one, an unset variable of a script for one, is refused.</summary>
internal static class FileNames
{
    internal static Option<string?> One(string name, string description) => NotEmpty(new Option<string?>(name) { Description = description, HelpName = "FILE" });

    internal static Option<string[]> Some(string name, string description) => NotEmpty(new Option<string[]>(name) { Description = description, HelpName = "FILE" });

    private static T NotEmpty<T>(T option)
        where T : Option
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(static token => token.Value.Length == 0))
            {
                result.AddError($"{option.Name} takes a file's name, not ''.");
            }
        });
        return option;
    }
}
