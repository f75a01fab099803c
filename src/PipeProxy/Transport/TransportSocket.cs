using System.Net;

namespace PipeProxy.Transport;

/// <summary>One stream socket of a <see cref="LoopTransport"/>; belongs to one loop.</summary>
/// <remarks>
/// One receive and one send at a time. The buffers of an operation are the transport's until it completes, also after <see cref="Abort"/>: an operation completes only when the system has let go of its buffers.
/// </remarks>
internal abstract class TransportSocket(EventLoop loop)
{
    /// <summary>Place in the transport's list; -1 when closed and its last operation ended.</summary>
    internal int Slot = -1;

    internal EventLoop Loop { get; } = loop;

    internal abstract EndPoint? LocalEndPoint { get; }

    internal abstract EndPoint? RemoteEndPoint { get; }

    internal abstract bool IsClosed { get; }

    internal abstract ValueTask<IoStatus> ConnectAsync(EndPoint endPoint);

    /// <summary>Receives what is there, waiting for the first byte. Bytes that arrived come before the error that followed them.</summary>
    /// <param name="buffer">When empty, completes with 0 bytes as soon as there is something to receive: data, the end or an error, which the next receive tells.</param>
    internal abstract ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer);

    /// <summary>How many bytes are certainly still to come, 0 for what is not known: a transport that can may have the system tell of them in batches. Default: no effect.</summary>
    internal virtual void Expect(long bytes)
    {
    }

    /// <summary>Sends from the front of the buffer without consuming it; the result says how many bytes went.</summary>
    internal abstract ValueTask<IoResult> SendAsync(OutBuffer output);

    /// <summary>Nobody receives any more: a receive that waits, and every later one, completes with <see cref="IoStatus.Aborted"/>. Sending goes on.</summary>
    internal abstract void EndReceive();

    /// <summary>FIN after what was sent.</summary>
    internal abstract void ShutdownSend();

    /// <summary>FIN after what was sent, and closed once the last operation ended; what has come unread is dropped, lest the system make a reset of it. Operations complete with <see cref="IoStatus.Aborted"/>.</summary>
    internal abstract void Close();

    /// <summary>RST; operations complete with <see cref="IoStatus.Aborted"/>.</summary>
    internal abstract void Abort();
}
