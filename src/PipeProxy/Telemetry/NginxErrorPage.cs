namespace PipeProxy.Telemetry;

/// <summary>What nginx's own pages of status 400 say when a client certificate is the reason.</summary>
internal static class NginxErrorPage
{
    /// <summary>It demands one and got none.</summary>
    public const string CertificateMissing = "No required SSL certificate was sent";

    /// <summary>It does not accept the one that it got.</summary>
    public const string CertificateRefused = "The SSL certificate error";
}
