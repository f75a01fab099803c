using System.Net;

namespace PipeProxy.Transport;

/// <summary>One loop's part of an <see cref="EpollListener"/>.</summary>
internal sealed class EpollAcceptor(EventLoop loop, int descriptor, IPEndPoint local, Action<TransportSocket> accepted, Action<string> troubled) : IEpollTarget, IDeadlineOwner
{
    // Accepted without a break; then the loop's connections get their turn.
    private const int AcceptedPerRound = 64;

    private readonly EpollTransport _transport = (EpollTransport)loop.Transport;
    private AcceptRest? _rest;
    private int _descriptor = descriptor;

    public int WatchSlot { get; set; } = -1;

    internal EventLoop Loop => loop;

    private AcceptRest Rest => _rest ??= new AcceptRest(loop, this, local);

    public void OnEvents(uint events) => AcceptMany();

    public void OnDeadline(DeadlineKind kind) => AcceptMany();

    /// <summary>Accepts from now on, on the loop.</summary>
    internal void Start()
    {
        if (_descriptor >= 0 && !_transport.TryWatch(this, _descriptor))
        {
            troubled($"The system does not let loop {loop.Index} watch its listening socket of {local}; the other loops accept alone.");
            Stop();
        }
    }

    /// <summary>Takes what waits to be accepted, which a close would reset, and closes. On the loop.</summary>
    internal void Stop()
    {
        loop.AssertInside();
        if (_descriptor < 0)
        {
            return;
        }

        while (TryAccept())
        {
        }

        _rest?.Stop();
        _transport.Close(this, _descriptor);
        _descriptor = -1;
    }

    private void AcceptMany()
    {
        if (_descriptor >= 0 && Rest.GoesOn(troubled))
        {
            return;
        }

        for (var i = 0; i < AcceptedPerRound; i++)
        {
            if (_descriptor < 0 || !TryAccept())
            {
                return;
            }
        }

        loop.Defer(static state => ((EpollAcceptor)state!).AcceptMany(), this);
    }

    // False: nothing waits, or the system refuses for now.
    private unsafe bool TryAccept()
    {
        var bytes = stackalloc byte[Libc.AddressBytes];
        while (true)
        {
            var length = (uint)Libc.AddressBytes;
            var connected = Libc.Accept(_descriptor, bytes, &length, Libc.SocketNonBlocking | Libc.SocketCloseOnExec);
            if (connected >= 0)
            {
                accepted(new EpollSocket(_transport, connected, SocketAddresses.Read(new ReadOnlySpan<byte>(bytes, (int)length)) ?? local));
                if (!DescriptorLimit.IsLastForClients(connected))
                {
                    return true;
                }

                Rest.BeginForWant(troubled);
                return false;
            }

            switch (Libc.Error)
            {
                case Errno.Again:
                    // Nobody waits any more.
                    Rest.End(troubled);
                    return false;

                // The client went away between its connect and our accept.
                case Errno.Interrupted or Errno.ConnectionAborted or Errno.ConnectionReset or Errno.Protocol:
                    continue;

                case var error:
                    Rest.Begin(error.ToString(), troubled);
                    return false;
            }
        }
    }
}
