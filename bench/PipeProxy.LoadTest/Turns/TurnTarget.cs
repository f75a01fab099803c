using System.Diagnostics.CodeAnalysis;
using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.LoadTest.Turns;

/// <summary>One that takes turns: a name, what to ask it for, and the process that answers, if its CPU is to be measured.</summary>
internal sealed record TurnTarget(string Name, Target Target, WatchedProcess? Process)
{
    /// <summary>Reads <c>NAME=URL</c>.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out TurnTarget? target, [NotNullWhen(false)] out string? wrong)
    {
        target = null;
        var sign = text.IndexOf('=', StringComparison.Ordinal);
        if (sign < 1 || text[..sign].Any(static c => char.IsControl(c) || c is ',' or '"' or ':' or '/'))
        {
            wrong = $"'{text}' is not NAME=URL.";
            return false;
        }

        if (!Target.TryParse(text[(sign + 1)..], out var url, out wrong))
        {
            return false;
        }

        target = new TurnTarget(text[..sign], url, null);
        return true;
    }
}
