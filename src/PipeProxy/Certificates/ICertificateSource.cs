namespace PipeProxy.Certificates;

/// <summary>Where a proxy takes its client certificates from.</summary>
/// <remarks>Subscribe first, then load: a change between the two is then reported and loaded again, never missed.</remarks>
public interface ICertificateSource
{
    /// <summary>Reads every certificate. Blocks; called at start and after each change, never per request.</summary>
    /// <returns>What could be read and, as errors, what could not. Does not throw for bad content. What is unchanged should be the same object as before.</returns>
    CertificateSet Load();

    /// <summary>Reports that <see cref="Load"/> would now answer differently.</summary>
    /// <param name="changed">Called on any thread, one call at a time per subscription; must be short and must not throw.</param>
    /// <returns>Ends the subscription when disposed; a call under way may still finish.</returns>
    IDisposable OnChange(Action changed);

    /// <summary>Reports that an origin refused <paramref name="certificate"/> when it was tried, so that the version before stays in force. Default: nothing is done about it.</summary>
    /// <param name="certificate">As <see cref="Load"/> gave it. The proxy does not try this object again; a source that wants it tried again gives a new one.</param>
    /// <param name="reason">Which origin, and what it said; one line.</param>
    void OnRefused(ClientCertificate certificate, string reason)
    {
    }

    /// <summary>Reports that <paramref name="certificate"/>, which replaced another, is in force: no origin refused it. Default: nothing is done about it.</summary>
    /// <param name="certificate">As <see cref="Load"/> gave it.</param>
    void OnAccepted(ClientCertificate certificate)
    {
    }
}
