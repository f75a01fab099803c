namespace PipeProxy.Certificates;

/// <summary>Where a proxy takes its client certificates from.</summary>
/// <remarks>Subscribe first, then load: a change between the two is then reported and loaded again, never missed.</remarks>
public interface ICertificateSource
{
    /// <summary>Reads every certificate. Blocks; called at start and after each change, never per request.</summary>
    /// <returns>What could be read and, as errors, what could not. Does not throw for bad content.</returns>
    CertificateSet Load();

    /// <summary>Reports that <see cref="Load"/> would now answer differently.</summary>
    /// <param name="changed">Called on any thread, one call at a time per subscription; must be short and must not throw.</param>
    /// <returns>Ends the subscription when disposed; a call under way may still finish.</returns>
    IDisposable OnChange(Action changed);
}
