using System.Buffers;
using System.Buffers.Binary;

namespace PipeProxy.Tls;

/// <summary>Types of handshake messages, RFC 8446 section 4 and RFC 5246 section 7.4.</summary>
internal enum HandshakeType : byte
{
    ClientHello = 1,
    ServerHello = 2,
    Certificate = 11,
    ServerKeyExchange = 12,
    CertificateRequest = 13,
}

/// <summary>Takes handshake messages out of the records of one direction, until they are encrypted.</summary>
/// <remarks>A message may span records and a record hold several (RFC 8446 section 5.1).</remarks>
internal sealed class HandshakeRecords
{
    private const int HeaderBytes = 5;
    private const int MessageHeaderBytes = 4;
    private const byte ChangeCipherSpec = 20;
    private const byte Handshake = 22;
    private const byte ApplicationData = 23;

    // No chain of certificates is larger; a peer that sends more has nothing to say to us.
    private const int MaxBytes = 256 * 1024;

    private readonly ArrayBufferWriter<byte> _records = new();
    private readonly ArrayBufferWriter<byte> _messages = new();
    private int _recordsRead;
    private int _messagesRead;
    private bool _ended;

    internal delegate void MessageHandler(HandshakeType type, ReadOnlySpan<byte> body);

    /// <summary>Takes bytes in.</summary>
    /// <param name="bytes">Borrowed for the call.</param>
    /// <param name="isTls13">Whether TLS 1.3 is agreed on: there ChangeCipherSpec means nothing, and what is encrypted has a type of its own.</param>
    /// <param name="onMessage">Is given every whole message.</param>
    internal void Read(ReadOnlySpan<byte> bytes, Func<bool> isTls13, MessageHandler onMessage)
    {
        if (_ended)
        {
            return;
        }

        _records.Write(bytes);
        while (!_ended && TryTakeRecord(out var type, out var fragment))
        {
            switch (type)
            {
                case Handshake:
                    _messages.Write(fragment);
                    TakeMessages(onMessage);
                    break;
                case ChangeCipherSpec:
                    _ended = !isTls13();
                    break;
                case ApplicationData:
                    _ended = true;
                    break;
            }
        }

        _ended |= _records.WrittenCount + _messages.WrittenCount > MaxBytes;
    }

    private bool TryTakeRecord(out byte type, out ReadOnlySpan<byte> fragment)
    {
        var left = _records.WrittenSpan[_recordsRead..];
        type = 0;
        fragment = default;
        if (left.Length < HeaderBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(left[3..]);
        if (left[0] is < 20 or > 24 || left[1] != 3)
        {
            _ended = true;
            return false;
        }

        if (left.Length < HeaderBytes + length)
        {
            return false;
        }

        type = left[0];
        fragment = left.Slice(HeaderBytes, length);
        _recordsRead += HeaderBytes + length;
        return true;
    }

    private void TakeMessages(MessageHandler onMessage)
    {
        while (true)
        {
            var left = _messages.WrittenSpan[_messagesRead..];
            if (left.Length < MessageHeaderBytes)
            {
                return;
            }

            var length = (left[1] << 16) | (left[2] << 8) | left[3];
            if (left.Length < MessageHeaderBytes + length)
            {
                return;
            }

            _messagesRead += MessageHeaderBytes + length;
            onMessage((HandshakeType)left[0], left.Slice(MessageHeaderBytes, length));
        }
    }
}
