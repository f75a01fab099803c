using PipeProxy.Connections;
using PipeProxy.Http1;

namespace PipeProxy.Forwarding;

/// <summary>What the origin is told about the client: <c>X-Forwarded-For/Proto/Host</c>, and <c>Forwarded</c> (RFC 7239) where configured.</summary>
/// <remarks>
/// A trusted hop's own fields are appended to or kept, whether or not its Connection field nominates them: a client of that hop could
/// otherwise have them removed and be taken for the hop. Anybody else's are replaced.
/// </remarks>
internal static class ForwardedFields
{
    /// <summary>The fields that are written here, and so not copied.</summary>
    public static readonly FieldFilter Filter = default(FieldFilter).With(
        KnownField.Forwarded, KnownField.XForwardedFor, KnownField.XForwardedProto, KnownField.XForwardedHost);

    /// <summary>Writes the field lines.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="exchange">The request.</param>
    /// <param name="maxAddresses">Addresses in <c>X-Forwarded-For</c>, at least 1; the newest are kept. Null: all.</param>
    public static void Write(ref Http1Writer writer, Exchange exchange, int? maxAddresses)
    {
        var fields = exchange.Request.Fields;
        var host = exchange.Request.HostOrAuthority;
        var trusted = exchange.IsTrustedHop;

        writer.Write("X-Forwarded-For: "u8);
        if (trusted)
        {
            WriteEarlierAddresses(ref writer, fields, (maxAddresses ?? int.MaxValue) - 1);
        }

        writer.Write(exchange.ClientAddress);
        writer.WriteLineEnd();
        if (!trusted || !TryKeep(ref writer, fields, KnownField.XForwardedProto, "X-Forwarded-Proto"u8))
        {
            writer.WriteField("X-Forwarded-Proto"u8, exchange.Scheme);
        }

        if ((!trusted || !TryKeep(ref writer, fields, KnownField.XForwardedHost, "X-Forwarded-Host"u8)) && !host.IsEmpty)
        {
            writer.WriteField("X-Forwarded-Host"u8, host);
        }

        if (exchange.Settings.SendsForwarded)
        {
            writer.Write("Forwarded: "u8);
            if (trusted)
            {
                WriteEarlierHops(ref writer, fields);
            }

            WriteHop(ref writer, exchange.ClientAddress, exchange.Scheme, host);
            writer.WriteLineEnd();
        }
    }

    // Several lines are one list, oldest first (RFC 9110 section 5.3).
    private static void WriteEarlierAddresses(ref Http1Writer writer, FieldTable fields, int max)
    {
        var dropped = -(long)max;
        for (var i = fields.IndexOf(KnownField.XForwardedFor); i >= 0; i = fields.IndexOf(KnownField.XForwardedFor, i + 1))
        {
            foreach (var address in new ListElements(fields.ValueOf(i)))
            {
                dropped += address.IsEmpty ? 0 : 1;
            }
        }

        for (var i = fields.IndexOf(KnownField.XForwardedFor); i >= 0; i = fields.IndexOf(KnownField.XForwardedFor, i + 1))
        {
            foreach (var address in new ListElements(fields.ValueOf(i)))
            {
                if (!address.IsEmpty && --dropped < 0)
                {
                    writer.Write(address);
                    writer.Write(", "u8);
                }
            }
        }
    }

    private static bool TryKeep(ref Http1Writer writer, FieldTable fields, KnownField known, ReadOnlySpan<byte> name)
    {
        for (var i = fields.IndexOf(known); i >= 0; i = fields.IndexOf(known, i + 1))
        {
            writer.WriteField(name, fields.ValueOf(i));
        }

        return fields.Contains(known);
    }

    // Not taken apart: an element may hold quoted commas.
    private static void WriteEarlierHops(ref Http1Writer writer, FieldTable fields)
    {
        for (var i = fields.IndexOf(KnownField.Forwarded); i >= 0; i = fields.IndexOf(KnownField.Forwarded, i + 1))
        {
            var value = fields.ValueOf(i);
            if (!value.IsEmpty)
            {
                writer.Write(value);
                writer.Write(", "u8);
            }
        }
    }

    // forwarded-element (RFC 7239 section 4). An IPv6 address stands in brackets and quotes (section 6.1), without its zone.
    private static void WriteHop(ref Http1Writer writer, ReadOnlySpan<byte> address, ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> host)
    {
        if (address.Contains((byte)':'))
        {
            var zone = address.IndexOf((byte)'%');
            writer.Write("for=\"["u8);
            writer.Write(zone < 0 ? address : address[..zone]);
            writer.Write("]\""u8);
        }
        else
        {
            writer.Write("for="u8);
            writer.Write(address.IsEmpty ? "unknown"u8 : address);
        }

        writer.Write(";proto="u8);
        writer.Write(scheme);
        if (host.IsEmpty)
        {
            return;
        }

        // A valid host holds neither a quote nor a backslash.
        var quote = Grammar.IsToken(host) ? ""u8 : "\""u8;
        writer.Write(";host="u8);
        writer.Write(quote);
        writer.Write(host);
        writer.Write(quote);
    }
}
