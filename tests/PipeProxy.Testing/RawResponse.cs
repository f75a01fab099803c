using System.Text;

namespace PipeProxy.Testing;

/// <summary>A response as it came over the wire: every field line in order, the body without its framing.</summary>
/// <param name="Version"><c>HTTP/1.1</c> or <c>HTTP/1.0</c>.</param>
/// <param name="StatusCode">Three digits; a 1xx response is a response of its own here.</param>
/// <param name="Reason">The reason phrase, maybe empty.</param>
/// <param name="Fields">Field lines in order, duplicates and all; values without the white space around them.</param>
/// <param name="Body">The content, chunked coding removed.</param>
/// <param name="Trailers">Trailer fields of a chunked body.</param>
public sealed record RawResponse(
    string Version,
    int StatusCode,
    string Reason,
    IReadOnlyList<KeyValuePair<string, string>> Fields,
    byte[] Body,
    IReadOnlyList<KeyValuePair<string, string>> Trailers)
{
    /// <summary>The body as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The field's only value, or null when it is absent; two lines of one name are an error of the test.</summary>
    public string? this[string name] => Fields.SingleOrDefault(field => Is(field, name)).Value;

    /// <summary>All values of a field, in order.</summary>
    public IReadOnlyList<string> Values(string name) => [.. Fields.Where(field => Is(field, name)).Select(field => field.Value)];

    private static bool Is(KeyValuePair<string, string> field, string name) => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>How a connection ended from the reader's side.</summary>
public enum ConnectionEnd
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>An orderly end: FIN.</summary>
    Fin,

    /// <summary>RST: what came before must not be taken for whole.</summary>
    Reset,
}

/// <summary>The bytes until a connection's end, as Latin-1, and which end it was.</summary>
public sealed record RawEnd(string Text, ConnectionEnd End);

/// <summary>The peer sent something that is not the awaited message; the text says what came.</summary>
public sealed class RawClientException(string message) : Exception(message);
