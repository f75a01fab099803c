using System.Net;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>One connection to an origin under one <see cref="UpstreamKey"/>; carries one exchange at a time.</summary>
/// <remarks>
/// Loop-owned. Made when its place under the cap is taken, before there is a socket; closing it gives the place back, whatever it has come to. Until it is
/// confirmed it is the attempt that <see cref="DialGate"/> waits for: TLS 1.3 servers reject a client certificate after the handshake.
/// </remarks>
internal sealed partial class UpstreamConnection : IDeadlineOwner
{
    /// <summary>An origin that has said nothing against our certificate for this long after the handshake has accepted it.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    // Before what an origin announces.
    private static readonly TimeSpan IdleMargin = TimeSpan.FromSeconds(1);

    private readonly KeyPool _pool;
    private readonly LoopCounters _counters;
    private readonly int _ticket;

    // How long it may lie on the shelf.
    private readonly Deadline _idle;

    // What ends it otherwise: silence ends its being unconfirmed, then its age, or the drain.
    private readonly Deadline _life;
    private readonly Action _onParkedRead;
    private LoopStream _stream = null!;
    private LoopPipeReader _input = null!;
    private LoopPipeWriter _output = null!;
    private long _tooOldAt;
    private long _drainUntil;
    private long _headUntil;
    private TimeSpan _announcedIdle = TimeSpan.MaxValue;
    private UpstreamCloseReason _drainedFor;
    private bool _lent;
    private bool _shelved;
    private uint _leasedIn;
    private bool _ahead;
    private bool _confirmed;
    private bool _cut;

    /// <summary>Begins to be opened, on the calling loop.</summary>
    /// <param name="pool">The identity; a place of its has been reserved for this connection.</param>
    /// <param name="loop">The loop that owns it.</param>
    /// <param name="ticket">What <see cref="DialGate.TryEnter"/> gave for it.</param>
    public UpstreamConnection(KeyPool pool, EventLoop loop, int ticket = 0)
    {
        Loop = loop;
        _pool = pool;
        _ticket = ticket;
        _idle = new Deadline(loop, this);
        _life = new Deadline(loop, this);
        _onParkedRead = OnParkedRead;
        _counters = pool.CountersOf(loop);
        _counters.UpstreamMoved(UpstreamPhase.None, UpstreamPhase.Connecting);
        pool.Add(this);
    }

    /// <summary>The loop that owns the connection.</summary>
    public EventLoop Loop { get; }

    /// <summary>The identity it was opened under.</summary>
    public UpstreamKey Key => _pool.Key;

    /// <summary>The pool it belongs to.</summary>
    public KeyPool Pool => _pool;

    /// <summary>Where it is in its life.</summary>
    public UpstreamState State { get; private set; }

    /// <summary>The origin's address; null before it is open and where the transport has none.</summary>
    public IPAddress? Address { get; private set; }

    /// <summary>A response byte has come or the origin was silent for long enough: our certificate was not refused. True at once without TLS.</summary>
    public bool IsConfirmed => _confirmed;

    /// <summary>Opened for the request it serves.</summary>
    public bool IsFirstUse => !_shelved;

    /// <summary>It lay on the shelf and had been confirmed, so that it may have died of age before this request met it.</summary>
    public bool MayBeStale => _shelved && _confirmed;

    /// <summary>What the first read of this lease gave had come before anything of the request left: it is no answer to it.</summary>
    public bool SpokeUnasked { get; private set; }

    /// <summary>The origin asked for a client certificate; null when unknown or not TLS.</summary>
    public bool? CertificateRequested => (_stream as SecuredStream)?.CertificateRequested;

    /// <summary>Why it was closed.</summary>
    public UpstreamCloseReason CloseReason { get; private set; }

    /// <summary>Place in its loop's list of all connections; kept by <see cref="PoolShelf"/>.</summary>
    internal int Slot { get; set; } = -1;

    /// <summary>The handshake has ended, or without TLS the connect.</summary>
    /// <param name="stream">Bytes to and from the origin.</param>
    /// <param name="address">The origin's address.</param>
    /// <param name="sizes">How the reading buffer grows.</param>
    /// <param name="lent">For a request that waits; else the connection goes to the shelf.</param>
    public void Open(LoopStream stream, IPAddress? address, BufferSizes sizes, bool lent)
    {
        _stream = stream;
        _input = new LoopPipeReader(stream, sizes);
        _output = new LoopPipeWriter(stream);
        Address = address;
        _tooOldAt = Loop.Now + _pool.NextLifetime();
        _lent = lent;
        _ahead = !lent;
        if (Key.IsTls)
        {
            Enter(UpstreamState.Unconfirmed);
            var valid = UntilNotAfter();
            _life.Set(valid < Silence ? valid : Silence, valid < Silence ? DeadlineKind.MaxAge : DeadlineKind.Verdict);
        }
        else
        {
            Enter(lent ? UpstreamState.Busy : UpstreamState.Idle);
            Confirm();
        }

        if (!lent)
        {
            Shelve();
        }
        else if (_pool.Retired)
        {
            Drain(UpstreamCloseReason.Retired, _pool.Config.DrainTimeout);
        }
    }

    /// <summary>It could not be opened; the gate and its place are told.</summary>
    public void FailOpening(Failure failure)
    {
        _pool.Gate.Failed(failure, _ticket);
        End(UpstreamCloseReason.NotOpened);
    }

    /// <summary>A response byte has come: the origin has taken our certificate.</summary>
    public void Confirm()
    {
        if (!_confirmed)
        {
            ConfirmCore();
        }
    }

    /// <summary>Takes the connection off the shelf for a request.</summary>
    /// <returns>False when it ended in the meantime or is too old; it is closed then.</returns>
    public bool TryLease()
    {
        Loop.AssertInside();
        _idle.Clear();
        if (_lent || State is not (UpstreamState.Idle or UpstreamState.Unconfirmed))
        {
            return false;
        }

        if (IsTooOld())
        {
            Close(UpstreamCloseReason.MaxAge);
            return false;
        }

        _lent = true;
        _leasedIn = Loop.Outbox.Turn;
        if (State == UpstreamState.Idle)
        {
            Enter(UpstreamState.Busy);
        }

        return true;
    }

    /// <summary>The exchange ended cleanly: the connection may serve another.</summary>
    public void Return()
    {
        Loop.AssertInside();
        if (!_lent)
        {
            return;
        }

        if (State == UpstreamState.Draining || _pool.Retired)
        {
            Close(_pool.Retired ? UpstreamCloseReason.Retired : _drainedFor);
            return;
        }

        if (IsTooOld())
        {
            Close(UpstreamCloseReason.MaxAge);
            return;
        }

        _lent = false;
        if (State == UpstreamState.Busy)
        {
            Enter(UpstreamState.Idle);
        }

        Shelve();
    }

    /// <summary>The origin said in a response's <c>Keep-Alive</c> when it will close this connection: we do so before, so that no request meets its close.</summary>
    /// <param name="announced">After so much idle time. A margin of a second is kept, or of half where there is less.</param>
    public void AnnounceIdle(TimeSpan announced)
        => _announcedIdle = announced - (announced < 2 * IdleMargin ? announced / 2 : IdleMargin);

    /// <summary>Ends what is under way at once; the pending read completes. The lease still has to be discarded.</summary>
    public void Abort() => _stream.Abort();

    /// <summary>Ends our side in order; reading goes on. Only for a tunnel: a connection that carries requests is of no use afterwards.</summary>
    public void ShutdownSend()
    {
        _output.Push();
        _stream.ShutdownSend();
    }

    // The one place where the state changes.
    private void Enter(UpstreamState next)
    {
        if (EventLoop.Asserting && !UpstreamStates.MayGo(State, next))
        {
            throw new InvalidOperationException($"A connection to {Key.Origin} cannot go from {State} to {next}.");
        }

        var from = State;
        _counters.UpstreamMoved(UpstreamStates.PhaseOf(from), UpstreamStates.PhaseOf(next));
        State = next;
        if (from == UpstreamState.Connecting)
        {
            _pool.LeftConnecting(Loop);
        }
    }

    private void ConfirmCore()
    {
        _confirmed = true;
        _pool.Gate.Confirmed(_ticket);
        if (_ahead)
        {
            _pool.AheadEnded(this, null);
        }

        if (State == UpstreamState.Unconfirmed)
        {
            Enter(_lent ? UpstreamState.Busy : UpstreamState.Idle);
        }

        if (State == UpstreamState.Draining)
        {
            WatchDrain();
        }
        else
        {
            WatchAge();
        }
    }
}
