using System.Net;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <summary>Takes a PROXY protocol header off the front of a connection and not a byte more, so that whatever follows (TLS or HTTP) is read by those who always read it.</summary>
/// <remarks>Costs some system calls per connection for a v1 line, whose length is known only at its end, and two for a v2 header.</remarks>
internal sealed class ProxyHeaderReader(SocketConnection socket) : IDeadlineOwner
{
    public void OnDeadline(DeadlineKind kind) => socket.Abort();

    /// <summary>Reads the header. Called on the loop and completes there.</summary>
    /// <param name="timeout">Then the socket is reset.</param>
    /// <returns>False: there was none, or not in time. Else the client, null when the header names none.</returns>
    public async ValueTask<(bool Ok, IPEndPoint? Source)> ReadAsync(TimeSpan timeout)
    {
        var deadline = new Deadline(socket.Loop, this);
        deadline.Set(timeout, DeadlineKind.Handshake);
        using var block = socket.Loop.Memory.Rent(ProxyHeader.MaxBytes);
        var length = 0;
        while (true)
        {
            var status = ProxyHeader.Read(block.Memory.Span[..length], out var missing, out var source);
            if (status != ProxyHeaderStatus.NeedMore)
            {
                deadline.Clear();
                return (status == ProxyHeaderStatus.Done, source);
            }

            var read = await socket.ReadAsync(block.Memory.Slice(length, missing));
            if (!read.IsOk)
            {
                deadline.Clear();
                return (false, null);
            }

            length += read.Bytes;
        }
    }
}
