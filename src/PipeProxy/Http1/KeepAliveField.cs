using System.Buffers.Text;
using System.Text;

namespace PipeProxy.Http1;

/// <summary>The <c>Keep-Alive</c> field of responses (RFC 2068 section 19.7.1, which no later standard took over and servers still send): how long the other side will wait for the next request.</summary>
internal static class KeepAliveField
{
    private const int MaxSeconds = 1_000_000;

    /// <summary>Reads <c>timeout=N</c>, in seconds, out of a list such as <c>timeout=5, max=100</c>.</summary>
    /// <returns>False: it is not there, or is no number; nothing follows from that.</returns>
    internal static bool TryReadTimeout(ReadOnlySpan<byte> value, out TimeSpan timeout)
    {
        foreach (var parameter in new ListElements(value))
        {
            var equals = parameter.IndexOf((byte)'=');
            if (equals < 0 || !Ascii.EqualsIgnoreCase(parameter[..equals].TrimEnd((byte)' '), "timeout"u8))
            {
                continue;
            }

            var number = parameter[(equals + 1)..].Trim((byte)' ');
            if (Utf8Parser.TryParse(number, out uint seconds, out var used) && used == number.Length)
            {
                timeout = TimeSpan.FromSeconds(Math.Min(seconds, MaxSeconds));
                return true;
            }
        }

        timeout = default;
        return false;
    }
}
