namespace PipeProxy.LoadTest;

/// <summary>The command line says what cannot be; every message is a line of its own.</summary>
internal sealed class UsageException(IReadOnlyList<string> messages) : Exception(string.Join('\n', messages))
{
    internal IReadOnlyList<string> Messages => messages;
}
