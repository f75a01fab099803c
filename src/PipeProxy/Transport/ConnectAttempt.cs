using System.Net;
using System.Runtime.CompilerServices;

namespace PipeProxy.Transport;

/// <summary>A connection, or why there is none.</summary>
/// <param name="Connection">Null unless <paramref name="Status"/> is <see cref="IoStatus.Ok"/>.</param>
/// <param name="Status">Ok, Refused, Unreachable, TimedOut, Reset, Aborted or Failed.</param>
internal readonly record struct ConnectResult(SocketConnection? Connection, IoStatus Status);

/// <summary>One attempt to connect to one address, with its deadline.</summary>
internal sealed class ConnectAttempt(EventLoop loop, EndPoint endPoint) : IDeadlineOwner
{
    private TransportSocket? _socket;
    private bool _late;
    private bool _givenUp;

    public void OnDeadline(DeadlineKind kind)
    {
        _late = true;
        _socket!.Abort();
    }

    /// <summary>Another attempt was faster: this one ends soon, without a connection.</summary>
    internal void GiveUp()
    {
        _givenUp = true;
        _socket?.Abort();
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    internal async ValueTask<ConnectResult> RunAsync(TimeSpan timeout)
    {
        _socket = loop.Transport.CreateSocket(endPoint.AddressFamily);
        if (_socket is null)
        {
            return new ConnectResult(null, IoStatus.NoDescriptor);
        }

        var deadline = new Deadline(loop, this);
        deadline.Set(timeout, DeadlineKind.Connect);
        var status = await _socket.ConnectAsync(endPoint);
        deadline.Clear();

        if (status == IoStatus.Ok && !_late && !_givenUp)
        {
            return new ConnectResult(new SocketConnection(_socket), IoStatus.Ok);
        }

        _socket.Abort();
        return new ConnectResult(null, _late ? IoStatus.TimedOut : status);
    }
}
