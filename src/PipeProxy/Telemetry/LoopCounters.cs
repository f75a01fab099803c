using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PipeProxy.Telemetry;

/// <summary>Where a connection to an origin counts in <c>pipeproxy.upstream.connections</c>.</summary>
internal enum UpstreamPhase : byte
{
    /// <summary>Not there yet, or closed: not counted.</summary>
    None,
    Connecting,
    Unconfirmed,
    Idle,
    Busy,
    Draining,
}

/// <summary>What one loop counts. The loop alone writes, so that an increment is a plain load, add and store; anyone reads.</summary>
/// <remarks>Totals only grow; what is there now is the difference of two of them, and may be read mid-change, off by what just happens.</remarks>
internal sealed class LoopCounters
{
    private PerRequest _requests;
    private long _clientsOpened;
    private long _clientsClosed;
    private Phases _phases;
    private Handshakes _handshakes;

    /// <summary>Requests under way.</summary>
    public long ActiveRequests
    {
        get
        {
            // The end first: the other way round a request that ends in between would make the difference negative.
            var ended = Volatile.Read(ref _requests.Ended);
            return Volatile.Read(ref _requests.Started) - ended;
        }
    }

    /// <summary>Requests answered or given up, since the start.</summary>
    public long RequestsEnded => Volatile.Read(ref _requests.Ended);

    /// <summary>Connections of clients, now.</summary>
    public long ClientConnections
    {
        get
        {
            var closed = Volatile.Read(ref _clientsClosed);
            return Volatile.Read(ref _clientsOpened) - closed;
        }
    }

    /// <summary>A request's head is there.</summary>
    public void RequestStarted() => Volatile.Write(ref _requests.Started, _requests.Started + 1);

    /// <summary>Its answer is out, or it was given up. Once per <see cref="RequestStarted"/>.</summary>
    public void RequestEnded() => Volatile.Write(ref _requests.Ended, _requests.Ended + 1);

    /// <summary>A client's connection was accepted by this loop.</summary>
    public void ClientOpened() => Volatile.Write(ref _clientsOpened, _clientsOpened + 1);

    /// <summary>It is closed. Once per <see cref="ClientOpened"/>.</summary>
    public void ClientClosed() => Volatile.Write(ref _clientsClosed, _clientsClosed + 1);

    /// <summary>A connection to an origin went from one phase to another; <see cref="UpstreamPhase.None"/> before the first and after the last.</summary>
    public void UpstreamMoved(UpstreamPhase from, UpstreamPhase to)
    {
        ref var left = ref _phases[(int)from];
        Volatile.Write(ref left, left - 1);
        ref var entered = ref _phases[(int)to];
        Volatile.Write(ref entered, entered + 1);
    }

    /// <summary>Connections to origins in <paramref name="phase"/>, now.</summary>
    public long UpstreamConnections(UpstreamPhase phase) => Volatile.Read(ref _phases[(int)phase]);

    /// <summary>A handshake with an origin ended.</summary>
    /// <param name="failure">How it failed; null when it did not.</param>
    public void HandshakeEnded(Outcome? failure)
    {
        ref var count = ref _handshakes[(int)ResultOf(failure)];
        Volatile.Write(ref count, count + 1);
    }

    /// <summary>Handshakes that ended as <paramref name="result"/>, since the start.</summary>
    public long HandshakesEnded(HandshakeResult result) => Volatile.Read(ref _handshakes[(int)result]);

    private static HandshakeResult ResultOf(Outcome? failure)
        => failure is null ? HandshakeResult.Completed
        : ReferenceEquals(failure, Outcome.TlsAlertReceived) ? HandshakeResult.TlsAlertReceived
        : ReferenceEquals(failure, Outcome.TlsCertificateError) ? HandshakeResult.TlsCertificateError
        : ReferenceEquals(failure, Outcome.TlsProtocolError) ? HandshakeResult.TlsProtocolError
        : ReferenceEquals(failure, Outcome.HandshakeTimeout) ? HandshakeResult.HandshakeTimeout
        : ReferenceEquals(failure, Outcome.CertificateNotRequested) ? HandshakeResult.CertificateNotRequested
        : HandshakeResult.Failed;

    /// <summary>What every request writes, alone on its cache lines: loops must not slow each other down by neighbourhood.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct PerRequest
    {
        [FieldOffset(128)]
        public long Started;

        [FieldOffset(136)]
        public long Ended;
    }

    [InlineArray((int)UpstreamPhase.Draining + 1)]
    private struct Phases
    {
        private long _first;
    }

    [InlineArray((int)HandshakeResult.Failed + 1)]
    private struct Handshakes
    {
        private long _first;
    }
}

/// <summary>How handshakes with origins end, as <c>pipeproxy.upstream.handshakes</c> counts them: done, or the outcome's name.</summary>
internal enum HandshakeResult : byte
{
    Completed,
    TlsAlertReceived,
    TlsCertificateError,
    TlsProtocolError,
    HandshakeTimeout,
    CertificateNotRequested,

    /// <summary>Any other way, such as a connection that was closed or reset.</summary>
    Failed,
}
