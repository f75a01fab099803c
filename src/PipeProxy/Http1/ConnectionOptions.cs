using System.Runtime.CompilerServices;
using System.Text;

namespace PipeProxy.Http1;

/// <summary>The options of Connection that the proxy acts on (RFC 9110 section 7.6.1).</summary>
[Flags]
internal enum ConnectionOptions : byte
{
    None = 0,
    Close = 1,
    KeepAlive = 2,
    Upgrade = 4,
}

/// <summary>Reads Connection and marks the fields that it nominates.</summary>
internal static class ConnectionField
{
    // Each nominated name is looked for among all fields; the bound keeps that work small (32 times fieldCount length comparisons).
    private const int MaxOptions = 32;

    /// <summary>Reads all Connection lines of a head that ends in <paramref name="buffer"/>.</summary>
    /// <param name="fields">The fields; nominated ones are marked.</param>
    /// <param name="buffer">The bytes they point into.</param>
    /// <param name="options">Close, keep-alive, upgrade.</param>
    /// <returns>Whether every element is a token and there are few enough.</returns>
    public static bool TryRead(FieldTable fields, ReadOnlySpan<byte> buffer, out ConnectionOptions options)
    {
        options = ConnectionOptions.None;
        var first = fields.IndexOf(KnownField.Connection);
        if (first < 0)
        {
            return true;
        }

        // Most say one of two words.
        var value = fields[first].Value.In(buffer);
        if (!fields.IsRepeated(KnownField.Connection) && value.Length is 5 or 10)
        {
            options = Ascii.EqualsIgnoreCase(value, "close"u8) ? ConnectionOptions.Close
                : Ascii.EqualsIgnoreCase(value, "keep-alive"u8) ? ConnectionOptions.KeepAlive
                : ConnectionOptions.None;
            if (options != ConnectionOptions.None)
            {
                return true;
            }
        }

        return TryReadList(fields, buffer, ref options);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryReadList(FieldTable fields, ReadOnlySpan<byte> buffer, ref ConnectionOptions options)
    {
        var count = 0;
        for (var i = fields.IndexOf(KnownField.Connection); i >= 0; i = fields.IndexOf(KnownField.Connection, i + 1))
        {
            foreach (var element in new ListElements(fields[i].Value.In(buffer)))
            {
                if (element.IsEmpty)
                {
                    continue; // RFC 9110 section 5.6.1.2
                }

                if (++count > MaxOptions || !Grammar.IsToken(element))
                {
                    return false;
                }

                options |= Read(element, fields, buffer);
            }
        }

        return true;
    }

    private static ConnectionOptions Read(ReadOnlySpan<byte> option, FieldTable fields, ReadOnlySpan<byte> buffer)
    {
        if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8))
        {
            return ConnectionOptions.KeepAlive;
        }

        if (Ascii.EqualsIgnoreCase(option, "close"u8))
        {
            return ConnectionOptions.Close;
        }

        if (Ascii.EqualsIgnoreCase(option, "upgrade"u8))
        {
            return ConnectionOptions.Upgrade;
        }

        Nominate(option, fields, buffer);
        return ConnectionOptions.None;
    }

    private static void Nominate(ReadOnlySpan<byte> name, FieldTable fields, ReadOnlySpan<byte> buffer)
    {
        // Framing and routing are nobody's to take away: a proxy that obeyed would forward a body without its length.
        if (KnownFields.Recognize(name) is KnownField.Host or KnownField.ContentLength or KnownField.TransferEncoding)
        {
            return;
        }

        for (var i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name.Length == name.Length && Ascii.EqualsIgnoreCase(fields[i].Name.In(buffer), name))
            {
                fields.Nominate(i);
            }
        }
    }
}
