using System.Text;

namespace PipeProxy.LoadTest;

/// <summary>Standard error: what cannot be said there, on a full disk for one, must not end a run.</summary>
internal sealed class MessageWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Whether it is the process's own.</summary>
    internal bool IsConsole => ReferenceEquals(inner, Console.Error);

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is nowhere left to say it. A closed descriptor (2>&-) is the second kind.
        }
    }
}
