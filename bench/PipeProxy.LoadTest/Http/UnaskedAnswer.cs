namespace PipeProxy.LoadTest.Http;

/// <summary>What comes on a connection that waits for no answer.</summary>
/// <remarks>
/// RFC 9110 section 15.5.9: a server that closes a connection because no request came may say so, with 408 and <c>Connection: close</c>. HAProxy and AWS's load balancers do. Nothing else may come: an answer that nobody asked
/// for would be taken for the next one's.
/// </remarks>
internal static class UnaskedAnswer
{
    private const int BytesToStatus = 9; // HTTP/1.1 and a space

    /// <summary>Looks at everything that came since the last answer.</summary>
    /// <returns>Done when it is the head of such a 408, whatever follows: the connection is as good as closed.</returns>
    internal static ReadStatus Read(ReadOnlySpan<byte> bytes)
    {
        if (!IsBegun(bytes))
        {
            return ReadStatus.Rejected;
        }

        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return bytes.Length > ResponseReader.MaxHeadBytes ? ReadStatus.Rejected : ReadStatus.NeedMore;
        }

        return ResponseHead.Parse(bytes[..(end + 4)], toHead: false, out var head) is null && head is { Status: 408, KeepAlive: false } ? ReadStatus.Done : ReadStatus.Rejected;
    }

    // Other bytes are refused at once and not only when they hold an empty line.
    private static bool IsBegun(ReadOnlySpan<byte> bytes)
    {
        var version = bytes[..Math.Min(bytes.Length, BytesToStatus)];
        var status = bytes.Length > BytesToStatus ? bytes[BytesToStatus..Math.Min(bytes.Length, BytesToStatus + 3)] : default;
        return ("HTTP/1.1 "u8.StartsWith(version) || "HTTP/1.0 "u8.StartsWith(version)) && "408"u8.StartsWith(status);
    }
}
