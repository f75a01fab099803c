using System.CommandLine;

namespace PipeProxy.Cli.Output;

/// <summary>Where a command writes and what it may ask about its surroundings; tests put their own in its place.</summary>
/// <param name="output">Results.</param>
/// <param name="error">Errors and warnings.</param>
internal sealed class Terminal(TextWriter output, TextWriter error)
{
    // Narrower columns are harder to read than lines that the terminal breaks.
    private const int MinRoom = 20;

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>Colour codes on <see cref="Output"/>.</summary>
    public bool ColorsOutput { get; init; }

    /// <summary>Colour codes on <see cref="Error"/>.</summary>
    public bool ColorsError { get; init; }

    /// <summary>Columns of <see cref="Output"/>; 0 where lines are not folded, such as in a file.</summary>
    public int Width { get; init; }

    public Func<string, string?> Variable { get; init; } = static _ => null;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The process's own streams; coloured only on a terminal, and never under NO_COLOR (no-color.org).</summary>
    public static Terminal OfProcess()
    {
        var colors = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";
        return new Terminal(Console.Out, Console.Error)
        {
            ColorsOutput = colors && !Console.IsOutputRedirected,
            ColorsError = colors && !Console.IsErrorRedirected,
            Width = Console.IsOutputRedirected ? 0 : ReadWidth(),
            Variable = Environment.GetEnvironmentVariable,
        };
    }

    private static int ReadWidth()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return 0;
        }
    }

    /// <summary>The terminal of a running command.</summary>
    public static Terminal Of(ParseResult parsed) => ((TerminalInvocation)parsed.InvocationConfiguration).Terminal;

    /// <summary>Text without control characters: a certificate's subject may be anybody's, and must not steer the terminal.</summary>
    public static string Plain(string text)
        => text.Any(static c => char.IsControl(c) && c is not ('\n' or '\t')) ? string.Concat(text.Select(static c => char.IsControl(c) && c is not ('\n' or '\t') ? '?' : c)) : text;

    public string Paint(string text, Color color) => ColorsOutput ? color.Around(text) : text;

    /// <summary>Ends a line with <paramref name="text"/>, folded between words where the terminal ends; what is folded begins below the text's first letter.</summary>
    /// <param name="text">Control characters are replaced.</param>
    /// <param name="indent">The column that the line has reached.</param>
    public void WriteWrapped(string text, int indent)
    {
        text = Plain(text).Replace('\n', ' ');
        var room = Width - indent;
        while (room >= MinRoom && text.Length > room)
        {
            // A word that is longer than the line, such as a URL, is left whole.
            var end = text.LastIndexOf(' ', room);
            end = end > 0 ? end : text.IndexOf(' ', room);
            if (end < 0)
            {
                break;
            }

            Output.WriteLine(text[..end]);
            Output.Write(new string(' ', indent));
            text = text[(end + 1)..];
        }

        Output.WriteLine(text);
    }

    /// <summary>One error on standard error, and what to do about it.</summary>
    public void WriteError(string message, string? next = null)
    {
        Error.WriteLine($"{(ColorsError ? Color.Red.Around("error:") : "error:")} {Plain(message)}");
        if (next is not null)
        {
            WriteNextToError(next);
        }
    }

    /// <summary>One warning on standard error, and what to do about it.</summary>
    public void WriteWarning(string message, string? next = null)
    {
        Error.WriteLine($"{(ColorsError ? Color.Yellow.Around("warning:") : "warning:")} {Plain(message)}");
        if (next is not null)
        {
            WriteNextToError(next);
        }
    }

    public void WriteNextToError(string next) => Error.WriteLine($"{(ColorsError ? Color.Bold.Around("next:") : "next:")} {Plain(next)}");

    /// <summary>The last line of what a person reads: the step that follows.</summary>
    public void WriteNext(string next)
    {
        Output.WriteLine();
        Output.WriteLine($"{Paint("next:", Color.Bold)} {next}");
    }
}

/// <summary>Carries the terminal through the command-line library to a command's action.</summary>
internal sealed class TerminalInvocation : InvocationConfiguration
{
    public TerminalInvocation(Terminal terminal)
    {
        Terminal = terminal;
        Output = terminal.Output;
        Error = terminal.Error;
    }

    public Terminal Terminal { get; }
}

/// <summary>An ANSI colour (ECMA-48 SGR).</summary>
internal readonly record struct Color(int Code)
{
    public static readonly Color Bold = new(1);
    public static readonly Color Red = new(31);
    public static readonly Color Green = new(32);
    public static readonly Color Yellow = new(33);

    public string Around(string text) => $"\e[{Code}m{text}\e[0m";
}
