using PipeProxy.Certificates;

namespace PipeProxy.Rotation;

/// <summary>A certificate that is shown to origins before it is in force.</summary>
/// <param name="before">In force meanwhile; where it may not be presented itself, the candidate is in force at once and the trial only tells.</param>
/// <param name="candidate">On trial.</param>
/// <param name="decides">Whether a refusal keeps the candidate out.</param>
internal sealed class CertificateTrial(ClientCertificate before, ClientCertificate candidate, bool decides)
{
    private readonly TaskCompletionSource<CertificateRotation> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ClientCertificate Before { get; } = before;

    internal ClientCertificate Candidate { get; } = candidate;

    internal bool Decides { get; } = decides;

    /// <summary>Ends with the trial; never fails.</summary>
    internal Task<CertificateRotation> Ended => _ended.Task;

    internal void End(CertificateRotation rotation) => _ended.TrySetResult(rotation);
}
