using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Simulation;

/// <summary>Stands in the place of TLS: says over the wire which certificate the pool gave it to present, and waits for the origin's word. Then records carry the data as it is.</summary>
/// <remarks>
/// What is presented is taken from <see cref="TlsClientOptions.CertificateContext"/>, where SslStream would take it, never from a name. A record is a kind, two bytes of length, and that many bytes.
/// </remarks>
internal sealed class SimulatedHandshake(SocketConnection socket, string serverName) : IDeadlineOwner
{
    internal const byte Hello = 1;
    internal const byte Accepted = 2;
    internal const byte Alert = 3;
    internal const byte Data = 4;
    internal const byte CloseNotify = 5;

    private bool _late;

    public void OnDeadline(DeadlineKind kind)
    {
        _late = true;
        socket.Abort();
    }

    /// <summary>As <see cref="TlsConnector.SecureAsync"/>.</summary>
    /// <param name="numberOf">The number of a certificate in the simulation.</param>
    /// <param name="socket">The connection.</param>
    /// <param name="options">How we are a client.</param>
    internal static async ValueTask<(SecuredStream? Connection, Failure? Failure)> RunAsync(Func<X509Certificate2, int> numberOf, SocketConnection socket, TlsClientOptions options)
    {
        socket.Loop.AssertInside();
        var presented = options.CertificateContext is { } context ? numberOf(context.TargetCertificate) : -1;
        var handshake = new SimulatedHandshake(socket, options.ServerName);
        var (accepted, failure) = await handshake.GreetAsync(presented, options.HandshakeTimeout);
        return accepted ? (new SimulatedSecuredStream(socket), null) : (null, failure);
    }

    internal static Failure DescribeAlert(string serverName, byte number)
        => new(Outcome.TlsAlertReceived, $"{serverName} ended the connection with alert {number}.", "Look at the scenario.", number);

    private async ValueTask<(bool Accepted, Failure? Failure)> GreetAsync(int presented, TimeSpan timeout)
    {
        var deadline = new Deadline(socket.Loop, this);
        deadline.Set(timeout, DeadlineKind.Handshake);
        var hello = new byte[3 + 2 + serverName.Length];
        (hello[0], hello[1], hello[2]) = (Hello, 0, (byte)(2 + serverName.Length));
        (hello[3], hello[4]) = ((byte)(presented >> 8), (byte)presented);
        System.Text.Encoding.ASCII.GetBytes(serverName, hello.AsSpan(5));
        socket.Write(hello);
        await socket.FlushAsync();

        var answer = new byte[4];
        var length = 0;
        var status = IoStatus.Ok;
        while (length < answer.Length && status == IoStatus.Ok)
        {
            var read = await socket.ReadAsync(answer.AsMemory(length));
            length += read.Bytes;
            status = read.Status;
        }

        socket.Loop.AssertInside();
        deadline.Clear();
        if (status == IoStatus.Ok && answer[0] == Accepted && !socket.IsClosed)
        {
            return (true, null);
        }

        socket.Close();
        return (false, _late ? new Failure(Outcome.HandshakeTimeout, $"{serverName} stalled.", "Look at the scenario.")
            : status == IoStatus.Ok && answer[0] == Alert ? DescribeAlert(serverName, answer[3])
            : new Failure(Outcome.HandshakeTerminated, $"{serverName} ended the handshake.", "Look at the scenario."));
    }

    /// <summary>A connection after the handshake.</summary>
    private sealed class SimulatedSecuredStream(SocketConnection socket) : SecuredStream
    {
        private readonly byte[] _header = new byte[3];
        private int _headerLength;
        private int _left;
        private IoStatus _ended;
        private bool _shutdown;
        private Failure? _failure;

        internal override bool? CertificateRequested => true;

        internal override Failure? Failure => _failure;

        internal override EventLoop Loop => socket.Loop;

        internal override EndPoint? LocalEndPoint => socket.LocalEndPoint;

        internal override EndPoint? RemoteEndPoint => socket.RemoteEndPoint;

        internal override bool IsClosed => socket.IsClosed;

        internal override int UnsentBytes => socket.UnsentBytes;

        internal override ValueTask<IoResult> ReadAsync(Memory<byte> buffer)
        {
            Loop.AssertInside();
            if (IsClosed || _ended != IoStatus.Ok)
            {
                return new(new IoResult(0, IsClosed ? IoStatus.Aborted : _ended));
            }

            // A wait ends when there is something of the origin's, be it part of a record.
            return buffer.IsEmpty ? socket.ReadAsync(buffer) : ReadRecordAsync(buffer);
        }

        internal override void Write(ReadOnlyMemory<byte> bytes)
        {
            Loop.AssertInside();
            while (!IsClosed && !_shutdown && !bytes.IsEmpty && _ended is IoStatus.Ok or IoStatus.End or IoStatus.TlsTruncated)
            {
                var length = Math.Min(bytes.Length, ushort.MaxValue);
                WriteRecord(Data, bytes[..length]);
                bytes = bytes[length..];
            }
        }

        internal override void Write(System.Buffers.IMemoryOwner<byte> block, int start, int end)
        {
            Write(block.Memory[start..end]);
            block.Dispose();
        }

        internal override ValueTask<IoStatus> FlushAsync() => socket.FlushAsync();

        internal override ValueTask<IoStatus> SendAllAsync() => socket.SendAllAsync();

        internal override void Expect(long bytes) => socket.Expect(bytes);

        internal override void ShutdownSend()
        {
            SendCloseNotify();
            socket.ShutdownSend();
        }

        internal override void Close()
        {
            if (!IsClosed)
            {
                SendCloseNotify();
                socket.Close();
            }
        }

        internal override void Abort() => socket.Abort();

        private void SendCloseNotify()
        {
            if (!_shutdown && _ended is IoStatus.Ok or IoStatus.End or IoStatus.TlsTruncated)
            {
                _shutdown = true;
                WriteRecord(CloseNotify, default);
            }
        }

        private void WriteRecord(byte kind, ReadOnlyMemory<byte> bytes)
        {
            socket.Write(new[] { kind, (byte)(bytes.Length >> 8), (byte)bytes.Length });
            socket.Write(bytes);
        }

        [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
        private async ValueTask<IoResult> ReadRecordAsync(Memory<byte> buffer)
        {
            while (true)
            {
                if (_left > 0)
                {
                    var data = await socket.ReadAsync(buffer[..Math.Min(buffer.Length, _left)]);
                    _left -= data.Bytes;
                    return data.IsOk ? data : End(data.Status == IoStatus.End ? IoStatus.TlsTruncated : data.Status);
                }

                while (_headerLength < 3)
                {
                    var read = await socket.ReadAsync(_header.AsMemory(_headerLength));
                    if (!read.IsOk)
                    {
                        return End(read.Status == IoStatus.End ? IoStatus.TlsTruncated : read.Status);
                    }

                    _headerLength += read.Bytes;
                }

                _headerLength = 0;
                var length = (_header[1] << 8) | _header[2];
                switch (_header[0])
                {
                    case Data:
                        _left = length;
                        break;
                    case CloseNotify:
                        return End(IoStatus.End);
                    case SimulatedHandshake.Alert:
                        _failure ??= DescribeAlert("origin", 48);
                        return End(IoStatus.TlsAlert);
                    default:
                        _failure ??= new Failure(Outcome.TlsProtocolError, "What came is no record.", "Look at the scenario.");
                        return End(IoStatus.TlsProtocol);
                }
            }
        }

        private IoResult End(IoStatus status)
        {
            _ended = IsClosed ? IoStatus.Aborted : status;
            return new IoResult(0, _ended);
        }
    }
}
