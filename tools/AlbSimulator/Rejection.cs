namespace AlbSimulator;

/// <summary>One refused client certificate.</summary>
/// <param name="Reason">The code in the connection log.</param>
/// <param name="Alert">The alert that was sent, or would have been (RFC 8446 section 6.2).</param>
/// <param name="Subject">The leaf's subject; null when no certificate was presented.</param>
/// <param name="TlsProtocol"><c>TLSv1.2</c> or <c>TLSv1.3</c>.</param>
public sealed record Rejection(RejectionReason Reason, byte Alert, string? Subject, string TlsProtocol);
