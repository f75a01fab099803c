namespace PipeProxy.Configuration;

/// <summary>One address that clients connect to.</summary>
public sealed record ListenerConfig
{
    /// <summary><c>http://ADDRESS:PORT</c> or <c>https://ADDRESS:PORT</c>; port 0 takes a free one. ADDRESS is an IP address, <c>localhost</c> or <c>*</c>.</summary>
    public required string Url { get; init; }

    /// <summary>Server certificates of an https listener, chosen by SNI; the first is the default.</summary>
    public IReadOnlyList<ListenerCertificateConfig> Certificates { get; init; } = [];

    /// <summary>Where this was said; null when a host built it.</summary>
    public SourcePosition? Source { get; init; }
}

/// <summary>A server certificate and its key, PEM files.</summary>
/// <param name="Certificate">Leaf first, then intermediates; absolute path.</param>
/// <param name="Key">The private key, absolute path.</param>
public sealed record ListenerCertificateConfig(string Certificate, string Key)
{
    /// <summary>Where this was said; null when a host built it.</summary>
    public SourcePosition? Source { get; init; }
}

/// <summary>A place in a configuration file, for messages.</summary>
/// <param name="File">Path as the user wrote it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-8 bytes.</param>
public readonly record struct SourcePosition(string File, int Line, int Column)
{
    /// <summary><c>file:line:column</c>, which editors and terminals make a link of.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}";
}
