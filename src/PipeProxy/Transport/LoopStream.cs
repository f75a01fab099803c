using System.Buffers;
using System.Net;

namespace PipeProxy.Transport;

/// <summary>Bytes both ways, owned by one loop: a <see cref="SocketConnection"/>, or TLS over one.</summary>
/// <remarks>
/// Everything is called on the loop and completes on it. One read and one flush or send at a time, of which either may run while the other waits. Nothing that a peer can cause is thrown.
/// </remarks>
internal abstract class LoopStream
{
    internal abstract EventLoop Loop { get; }

    internal abstract EndPoint? LocalEndPoint { get; }

    internal abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Closed by us; what is pending completes with <see cref="IoStatus.Aborted"/>.</summary>
    internal abstract bool IsClosed { get; }

    /// <summary>Bytes written and not yet taken by the system.</summary>
    internal abstract int UnsentBytes { get; }

    /// <summary>Reads what is there, waiting for the first byte.</summary>
    /// <param name="buffer">The callee's until the read completes. When empty, the read is a wait that holds no buffer: it completes with 0 bytes once there is something to read, be it data, the end or an error. It gives no verdict; the next read does.</param>
    /// <returns>Ok with at least one byte (or none for an empty buffer), or 0 bytes and why there are none. Bytes that arrived come before the error that followed them, also after a flush has failed.</returns>
    internal abstract ValueTask<IoResult> ReadAsync(Memory<byte> buffer);

    /// <summary>Copies (over TLS: encrypts) into the out-buffer. After a failed flush, or closed, it swallows.</summary>
    internal abstract void Write(ReadOnlyMemory<byte> bytes);

    /// <summary>As <see cref="Write(ReadOnlyMemory{byte})"/>, and takes the block over: where bytes go out as they are, nothing is copied.</summary>
    /// <param name="block">A block of the loop's pool; the callee's from now on.</param>
    /// <param name="start">Where its bytes begin.</param>
    /// <param name="end">Where they end.</param>
    internal abstract void Write(IMemoryOwner<byte> block, int start, int end);

    /// <summary>Has what was written sent by the end of the loop's round, gathered with what is written until then. This is where back-pressure is felt.</summary>
    /// <returns>
    /// Completes at once while less than <see cref="TransportOptions.HeldBytes"/> wait, and then tells how earlier sends went: that this one failed shows at the next flush, and in what is read. With more, as <see cref="SendAllAsync"/>.
    /// </returns>
    internal abstract ValueTask<IoStatus> FlushAsync();

    /// <summary>Sends now, and completes when the system has taken everything: for whoever wants to know that before it goes on. Also behind a <see cref="Close"/>.</summary>
    internal abstract ValueTask<IoStatus> SendAllAsync();

    /// <summary>Tells how many bytes are certainly still to come and wanted, so that the system may tell of them in batches; 0 when that is over. A hint: what comes slowly is told at once all the same.</summary>
    internal abstract void Expect(long bytes);

    /// <summary>Ends our side: FIN (over TLS after close_notify) behind what was written, flushing it if need be. Reading goes on.</summary>
    internal abstract void ShutdownSend();

    /// <summary>Ends in order: what was written, (close_notify,) FIN, which takes as long as the peer does. One that takes nothing for <see cref="SocketConnection.WaitsAfterClose"/> is reset. For the caller it is closed at once.</summary>
    internal abstract void Close();

    /// <summary>Ends with RST, also what <see cref="Close"/> has left to send, so that the peer cannot take what it has for whole.</summary>
    internal abstract void Abort();
}
