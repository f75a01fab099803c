namespace PipeProxy.Certificates;

/// <summary>Who a connection speaks as: part of every pool key, compared whole and never by a hash of it.</summary>
/// <param name="Name">The name that routes use.</param>
/// <param name="ChainSha256">Lower-case hex of SHA-256 over the DER of the chain presented, leaf first.</param>
public sealed record CertificateIdentity(string Name, string ChainSha256);
