using PipeProxy.Certificates;
using PipeProxy.Upstream;

namespace PipeProxy;

/// <summary>Whether a proxy should be sent requests.</summary>
/// <param name="IsReady">It runs, and at least one of its routes has what it needs.</param>
/// <param name="Problems">Why routes cannot be served, each certificate's cause once; also while others can.</param>
public sealed record ProxyReadiness(bool IsReady, IReadOnlyList<string> Problems);

/// <content>Readiness, for whoever decides whether requests are sent here.</content>
public sealed partial class ReverseProxy
{
    /// <summary>Whether the proxy runs and has a route that it can serve: not ready when every route's certificate is unusable. As of now; cheap, and asked from any thread.</summary>
    public ProxyReadiness Readiness
    {
        get
        {
            if (_state != State.Running)
            {
                return new ProxyReadiness(false, [_state == State.Built ? "The proxy has not been started." : "The proxy has stopped."]);
            }

            var now = _options.Time.GetUtcNow();
            var targets = _dispatcher.Table.Targets;
            var problems = targets.OfType<UpstreamTarget>().Select(target => ProblemOf(target, now)).ToList();

            // A route without an origin answers by itself, and one without a certificate needs none.
            var served = problems.Contains(null) || targets.Length > problems.Count;
            return new ProxyReadiness(served || problems.Count == 0, [.. problems.OfType<string>().Distinct()]);
        }
    }

    private static string? ProblemOf(UpstreamTarget target, DateTimeOffset now)
    {
        var binding = target.Binding;
        return binding.Unusable is { } unusable ? $"{unusable.Detail} {unusable.Next}".TrimEnd()
            : binding.Certificate is { } certificate && CertificateProblem.Of(certificate, now, binding.Environment) is { } problem ? $"{problem}."
            : null;
    }
}
