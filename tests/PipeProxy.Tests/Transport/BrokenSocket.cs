using System.Net;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

/// <summary>Sends what the test says, to nobody; remembers how it was ended.</summary>
internal sealed class BrokenSocket(EventLoop loop, Func<IoResult> send) : TransportSocket(loop)
{
    internal string? Ended { get; private set; }

    internal override EndPoint? LocalEndPoint => null;

    internal override EndPoint? RemoteEndPoint => null;

    internal override bool IsClosed => false;

    internal override ValueTask<IoStatus> ConnectAsync(EndPoint endPoint) => throw new NotSupportedException();

    internal override ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer) => throw new NotSupportedException();

    internal override ValueTask<IoResult> SendAsync(OutBuffer output) => new(send());

    internal override void EndReceive()
    {
    }

    internal override void ShutdownSend()
    {
    }

    internal override void Close() => Ended = "closed";

    internal override void Abort() => Ended = "reset";
}
