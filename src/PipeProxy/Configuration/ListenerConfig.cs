using System.Net;

namespace PipeProxy.Configuration;

/// <summary>One address that clients connect to.</summary>
public sealed record ListenerConfig
{
    /// <summary><c>http://ADDRESS:PORT</c> or <c>https://ADDRESS:PORT</c>; port 0 takes a free one. ADDRESS is an IP address, <c>localhost</c> or <c>*</c>.</summary>
    public required string Url { get; init; }

    /// <summary>Server certificates of an https listener, chosen by SNI; the first is the default.</summary>
    public IReadOnlyList<ListenerCertificateConfig> Certificates { get; init; } = [];

    /// <summary>Whether clients of an https listener are asked for a certificate. See <see cref="ClientCertificateConfig"/>.</summary>
    public ClientCertificateConfig ClientCertificates { get; init; } = new();

    /// <summary>
    /// Clients whose connections begin with a PROXY protocol header (v1 or v2), which names the client behind them; from these a connection without one is closed.
    /// From everybody else a header is not read, and so not believed. An IPv4 client is an IPv4 address here, also on a dual-stack listener. Default: none.
    /// </summary>
    public IReadOnlyList<IPNetwork> ProxyProtocolFrom { get; init; } = [];

    /// <summary>Connections of this listener at a time, besides <see cref="LimitConfig.Connections"/>. Default null: no bound of its own; else 503.</summary>
    public int? Connections { get; init; }

    /// <summary>Where this was said; null when a host built it.</summary>
    public SourcePosition? Source { get; init; }
}

/// <summary>A server certificate and its key, PEM files.</summary>
/// <param name="Certificate">Leaf first, then intermediates; absolute path.</param>
/// <param name="Key">The private key, absolute path.</param>
public sealed record ListenerCertificateConfig(string Certificate, string Key)
{
    /// <summary>Where the certificate's file was named; null when a host built it.</summary>
    public SettingSource? CertificateSource { get; init; }

    /// <summary>Where the key's file was named; null when a host built it.</summary>
    public SettingSource? KeySource { get; init; }
}

/// <summary>What an https listener asks of its clients, and what the origin is told of the answer (RFC 9440).</summary>
public sealed record ClientCertificateConfig
{
    /// <summary>Default <see cref="ClientCertificateMode.None"/>.</summary>
    public ClientCertificateMode Mode { get; init; }

    /// <summary>PEM file with the roots that clients' certificates must lead to, absolute. Needed unless the mode is none; the system's roots are never used.</summary>
    public string? Authority { get; init; }

    /// <summary>What origins are told. Default <see cref="ClientCertificateForwarding.None"/>.</summary>
    public ClientCertificateForwarding Forward { get; init; }

    /// <summary>Where <see cref="Authority"/> was said; null when a host built it.</summary>
    public SettingSource? AuthoritySource { get; init; }
}

/// <summary>Whether clients show a certificate.</summary>
public enum ClientCertificateMode
{
    /// <summary>They are not asked.</summary>
    None,

    /// <summary>They are asked and may come without; one that is not trusted is refused.</summary>
    Optional,

    /// <summary>They are asked, and whoever shows none that is trusted is refused.</summary>
    Require,
}

/// <summary>Which fields of RFC 9440 origins get. A client's own are removed whatever this says.</summary>
public enum ClientCertificateForwarding
{
    /// <summary>None.</summary>
    None,

    /// <summary><c>Client-Cert</c>: the client's certificate.</summary>
    Certificate,

    /// <summary><c>Client-Cert</c>, and <c>Client-Cert-Chain</c>: the intermediates between it and the root.</summary>
    Chain,
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
