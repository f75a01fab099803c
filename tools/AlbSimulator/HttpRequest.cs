namespace AlbSimulator;

/// <summary>A request as it was read: the head first, the body's length and hash when the body has been read.</summary>
internal sealed class HttpRequest
{
    public required string Method { get; init; }

    public required string Target { get; init; }

    /// <summary>1 for HTTP/1.1, 0 for HTTP/1.0.</summary>
    public required int MinorVersion { get; init; }

    /// <summary>In order of arrival, names as written.</summary>
    public required IReadOnlyList<(string Name, string Value)> Fields { get; init; }

    /// <summary>Null: chunked.</summary>
    public required long? ContentLength { get; init; }

    public long BodyLength { get; set; }

    public string BodySha256 { get; set; } = "";

    public bool ExpectsContinue => MinorVersion >= 1 && ContentLength != 0 && ListContains("Expect", "100-continue");

    /// <summary>RFC 9112 section 9.3.</summary>
    public bool KeepsAlive => MinorVersion >= 1 ? !ListContains("Connection", "close") : ListContains("Connection", "keep-alive");

    private bool ListContains(string name, string member) => Fields
        .Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        .SelectMany(field => field.Value.Split(',', StringSplitOptions.TrimEntries))
        .Contains(member, StringComparer.OrdinalIgnoreCase);
}
