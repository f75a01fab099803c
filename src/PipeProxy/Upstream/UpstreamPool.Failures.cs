using PipeProxy.Telemetry;

namespace PipeProxy.Upstream;

/// <content>Why no connection is lent, in words.</content>
internal sealed partial class UpstreamPool
{
    // A gate turns nobody away before it has seen a failure, so this is said only if that changes.
    private const string LookAtTheLog = "Look at the proxy's log for the failures before.";

    private static Failure DescribeOrphan(UpstreamTarget target, KeyPool pool) => new(
        Outcome.DestinationUnavailable,
        $"The route to {pool.Key.Origin} under certificate '{target.CertificateName}' was removed while this request waited for a connection.",
        "Send the request again.");

    // The last refusal's own words: whoever meets the open breaker must not have to look for them.
    private static Failure DescribeBreaker(KeyPool pool, TimeSpan left)
    {
        var last = pool.Gate.Last?.Failure;
        var who = pool.Key.Identity is { } identity ? $" under certificate '{identity.Name}'" : "";
        return new Failure(
            Outcome.DestinationUnavailable,
            $"No connection to {pool.Key.Origin}{who} is opened for another {Math.Ceiling(left.TotalSeconds):0} s, after {pool.Gate.Refusals} refusals in a row. The last: {last?.Detail}",
            last?.Next ?? LookAtTheLog)
        {
            RetryAfter = left,
        };
    }

    private Failure DescribeWait(KeyPool pool, GateAnswer gate)
    {
        var config = pool.Config;
        if (gate == GateAnswer.Wait)
        {
            return new Failure(
                Outcome.DestinationUnavailable,
                $"The last attempt to connect to {pool.Key.Origin} failed, and the one under way had no verdict in {Opener.LongestAttempt(pool).TotalSeconds:0.#} s. The last failure: {pool.Gate.Last?.Failure.Detail}",
                pool.Gate.Last?.Failure.Next ?? LookAtTheLog);
        }

        return pool.OpenConnections < config.MaxConnections
            ? new Failure(
                Outcome.ConnectionLimit,
                $"{config.MaxConnecting} connections to {pool.Key.Origin} were being opened at a time for {config.QueueTimeout.TotalSeconds:0.#} s, and this request's turn did not come.",
                "Raise pool.maxConnecting of this upstream, or find out why its handshakes are slow.")
            : new Failure(
                Outcome.ConnectionLimit,
                $"All {config.MaxConnections} connections to {pool.Key.Origin} were busy for {config.QueueTimeout.TotalSeconds:0.#} s.",
                "Raise pool.maxConnections of this upstream, or find out why the origin is slow.");
    }
}
