namespace PipeProxy.Routing;

/// <summary>Finds a key in a query as forms write it: <c>?a=1&amp;b=2</c>.</summary>
internal static class QueryValue
{
    /// <summary>The first value of <paramref name="name"/>, still encoded; empty when there is none.</summary>
    /// <param name="search">The query as sent, with its question mark.</param>
    /// <param name="name">The key, decoded.</param>
    internal static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> search, ReadOnlySpan<byte> name)
    {
        var rest = search.IsEmpty ? search : search[1..];
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'&');
            var pair = end < 0 ? rest : rest[..end];
            var equals = pair.IndexOf((byte)'=');
            if (Decodes(equals < 0 ? pair : pair[..equals], name))
            {
                return equals < 0 ? default : pair[(equals + 1)..];
            }

            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return default;
    }

    private static bool Decodes(ReadOnlySpan<byte> key, ReadOnlySpan<byte> name)
    {
        var at = 0;
        for (var i = 0; i < key.Length; i++, at++)
        {
            var octet = key[i] == '+' ? (byte)' ' : key[i];
            if (PathBytes.TryTriplet(key, i, out var decoded))
            {
                octet = decoded;
                i += 2;
            }

            if (at >= name.Length || name[at] != octet)
            {
                return false;
            }
        }

        return at == name.Length;
    }
}
