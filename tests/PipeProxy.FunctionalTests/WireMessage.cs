using System.Text;

namespace PipeProxy.FunctionalTests;

/// <summary>A message as bytes, and the bytes that it ends with and holds nowhere else: its receiver needs no parser.</summary>
internal sealed class WireMessage(string text, string end)
{
    public byte[] Bytes { get; } = Encoding.ASCII.GetBytes(text);

    /// <summary>Whether <paramref name="received"/> is a whole message; a proxy may have changed its head.</summary>
    public bool IsWhole(ReadOnlySpan<byte> received) => received.EndsWith(_end);

    private readonly byte[] _end = Encoding.ASCII.GetBytes(end);
}
