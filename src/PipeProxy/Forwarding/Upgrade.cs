using System.Text;
using PipeProxy.Connections;
using PipeProxy.Http1;

namespace PipeProxy.Forwarding;

/// <summary>Upgrades of a connection to another protocol (RFC 9110 section 7.8): which are passed on, and which answers fit.</summary>
internal static class Upgrade
{
    /// <summary>The protocol to ask the origin for: the first that the client offers and the configuration allows. Null: none, and the request goes as one without Upgrade.</summary>
    /// <remarks>A request with a body asks for none: where it would end and the protocol begin, origins disagree. Nor does one of HTTP/1.0.</remarks>
    public static byte[]? Wanted(Exchange exchange)
    {
        var request = exchange.Request;
        if ((request.Connection & ConnectionOptions.Upgrade) == 0 || request.MinorVersion == 0 || exchange.Framing.HasBody)
        {
            return null;
        }

        for (var i = request.Fields.IndexOf(KnownField.Upgrade); i >= 0; i = request.Fields.IndexOf(KnownField.Upgrade, i + 1))
        {
            foreach (var offered in new ListElements(request.Fields.ValueOf(i)))
            {
                foreach (var allowed in exchange.Settings.Upgrades)
                {
                    if (Ascii.EqualsIgnoreCase(offered, allowed))
                    {
                        return allowed;
                    }
                }
            }
        }

        return null;
    }

    /// <summary>Whether a 101 switches to the protocol that was asked for, and to no other.</summary>
    public static bool IsAnswered(ResponseHead head, byte[]? wanted)
        => wanted is not null && head.MinorVersion == 1 && (head.Connection & ConnectionOptions.Upgrade) != 0
            && Ascii.EqualsIgnoreCase(head.Fields.ValueOf(KnownField.Upgrade), wanted)
            && head.Fields.IndexOf(KnownField.Upgrade, head.Fields.IndexOf(KnownField.Upgrade) + 1) < 0;
}
