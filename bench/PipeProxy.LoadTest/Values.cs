using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;

namespace PipeProxy.LoadTest;

/// <summary>Arguments and options that may stand several times, each value read by itself.</summary>
internal static class Values
{
    internal delegate bool Reading<T>(string text, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? wrong);

    /// <summary>Those that can be read; an error for each of the others.</summary>
    internal static T[] Read<T>(ArgumentResult result, Reading<T> read)
        where T : class
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            if (read(token.Value, out var value, out var wrong))
            {
                values.Add(value);
            }
            else
            {
                result.AddError(wrong);
            }
        }

        return [.. values];
    }
}
