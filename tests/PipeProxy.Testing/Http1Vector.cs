using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Testing;

/// <summary>One message as it stands on the wire, and what must come of it.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Wire">The whole message, head and body; a char is a byte (ISO 8859-1).</param>
/// <param name="Expect">The rule that refuses it, or None when it is accepted.</param>
internal sealed record Http1Vector(string Name, string Wire, Http1Rejection Expect)
{
    /// <summary>Whether an origin sends it.</summary>
    public bool IsResponse { get; init; }

    /// <summary>The request's method, when this is a response.</summary>
    public HttpMethodKind RequestMethod { get; init; } = HttpMethodKind.Get;

    /// <summary>How an accepted message's body ends.</summary>
    public FramingKind Framing { get; init; }

    /// <summary>An accepted message's body, decoded.</summary>
    public string Body { get; init; } = "";

    public bool IsAccepted => Expect == Http1Rejection.None;

    /// <summary>Whether another message may follow on the same connection.</summary>
    public bool IsDelimited => Framing is not (FramingKind.UntilClose or FramingKind.Tunnel);

    public byte[] Bytes => Encoding.Latin1.GetBytes(Wire);

    public override string ToString() => Name;
}
