using System.Net;

namespace PipeProxy.Transport;

/// <summary>The rest between accepts: while the system refuses, or few descriptors are left, clients wait in the queue and a deadline asks again.</summary>
/// <remarks>On its loop. Told once when it begins and once when it is over, however many attempts lie between.</remarks>
/// <param name="loop">The loop that accepts.</param>
/// <param name="owner">Is told when the next attempt is due.</param>
/// <param name="local">The address, for what the operator is told.</param>
internal sealed class AcceptRest(EventLoop loop, IDeadlineOwner owner, IPEndPoint local)
{
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(100);

    // Made when first needed: most listeners never rest.
    private Deadline? _due;
    private bool _resting;

    /// <summary>Whether the next attempt would only take one of the last descriptors; it is due again later, then.</summary>
    internal bool GoesOn(Action<string> troubled)
    {
        if (!_resting || !DescriptorLimit.IsReachedForClients())
        {
            return false;
        }

        BeginForWant(troubled);
        return true;
    }

    /// <summary>Rests, for the system would still give descriptors but few are left.</summary>
    internal void BeginForWant(Action<string> troubled) => Begin("few descriptors are left", troubled);

    /// <summary>Rests.</summary>
    /// <param name="reason">What the system said.</param>
    /// <param name="troubled">Told, unless it rests already.</param>
    internal void Begin(string reason, Action<string> troubled)
    {
        // Epoll tells of no client that was there before, so the next attempt has its moment.
        _due ??= new Deadline(loop, owner);
        _due.Set(Length, DeadlineKind.Idle);
        if (!_resting)
        {
            _resting = true;
            troubled($"No connections are accepted on {local} for now ({reason}). Clients wait; an attempt follows every {Length.TotalMilliseconds:0} ms. For want of descriptors, raise the limit (ulimit -n) or lower limits.connections.");
        }
    }

    /// <summary>It is over.</summary>
    internal void End(Action<string> troubled)
    {
        if (_resting)
        {
            _resting = false;
            troubled($"Connections are accepted on {local} again.");
        }
    }

    /// <summary>No attempt follows.</summary>
    internal void Stop() => _due?.Clear();
}
