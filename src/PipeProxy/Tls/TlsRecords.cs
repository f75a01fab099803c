using System.Buffers.Binary;

namespace PipeProxy.Tls;

/// <summary>Follows the records (RFC 8446 section 5.1) that pass in one direction, any segmentation. Looks at headers and at the first byte of plain handshake messages; decides nothing about security.</summary>
/// <remarks>
/// <code>
/// struct { ContentType type; ProtocolVersion legacy_record_version; uint16 length; opaque fragment[length]; } TLSPlaintext;
/// </code>
/// </remarks>
internal struct TlsRecords
{
    private const int HeaderBytes = 5;
    private const byte ChangeCipherSpec = 20;
    private const byte Handshake = 22;
    private const byte ApplicationData = 23;
    private const byte CertificateMessage = 11;

    private byte _type;
    private byte _lengthHigh;
    private int _headerRead;
    private int _left;
    private int _length;
    private long _start;
    private bool _encrypted;
    private bool _cipherChanged;

    /// <summary>The first bytes were no TLS record: ContentType is 20 to 23 and the version's first byte 3.</summary>
    internal bool IsForeign { get; private set; }

    /// <summary>The peer's first bytes were <c>HTTP/</c>.</summary>
    internal readonly bool LooksLikeHttp => (_start & 0xFFFFFFFFFF) == 0x2F50545448 && _startRead >= HeaderBytes;

    /// <summary>The peer's first bytes begin a plain HTTP request: a method in capitals, perhaps a space and the target's first byte.</summary>
    internal readonly bool LooksLikeRequest
    {
        get
        {
            for (var i = 0; i < HeaderBytes; i++)
            {
                if ((byte)(_start >> (8 * i)) is not ((>= (byte)'A' and <= (byte)'Z') or (byte)'-' or (byte)' ' or (byte)'/' or (byte)'*') || (i == 0 && (byte)_start is not (>= (byte)'A' and <= (byte)'Z')))
                {
                    return false;
                }
            }

            return _startRead >= HeaderBytes;
        }
    }

    private int _startRead;

    /// <summary>Bytes of records of type application data, headers included: in a TLS 1.3 handshake what is sent encrypted.</summary>
    internal long EncryptedBytes { get; private set; }

    /// <summary>A plain handshake record began with a Certificate message, as in TLS 1.2.</summary>
    internal bool SawCertificate { get; private set; }

    /// <summary>Bytes that are certainly missing of the record that has begun; 0 between records.</summary>
    internal readonly int MissingBytes => _left > 0 ? _left : _headerRead > 0 ? HeaderBytes - _headerRead : 0;

    /// <summary>Follows bytes.</summary>
    /// <returns>How many of them came before the first record of type application data.</returns>
    internal int Observe(ReadOnlySpan<byte> bytes)
    {
        ObserveStart(bytes);
        var plain = 0;
        while (!bytes.IsEmpty && !IsForeign)
        {
            var taken = _left > 0 ? SkipFragment(bytes) : ReadHeaderByte(bytes[0]);
            bytes = bytes[taken..];
            _encrypted |= _type == ApplicationData;
            plain += _encrypted ? 0 : taken;
        }

        return plain;
    }

    private void ObserveStart(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length && _startRead < HeaderBytes; i++, _startRead++)
        {
            _start |= (long)bytes[i] << (8 * _startRead);
        }
    }

    private int SkipFragment(ReadOnlySpan<byte> bytes)
    {
        // TLS 1.2 encrypts what follows ChangeCipherSpec under the type that it has: its first byte may be anything.
        if (_left == _length && _type == Handshake && !_cipherChanged && bytes[0] == CertificateMessage)
        {
            SawCertificate = true;
        }

        var taken = Math.Min(_left, bytes.Length);
        _left -= taken;
        return taken;
    }

    private int ReadHeaderByte(byte value)
    {
        switch (_headerRead++)
        {
            case 0:
                _type = value;
                IsForeign = value is < 20 or > 24;
                _cipherChanged |= value == ChangeCipherSpec;
                break;
            case 1:
                IsForeign = value != 3;
                break;
            case 3:
                _lengthHigh = value;
                break;
            case 4:
                _headerRead = 0;
                _left = _length = BinaryPrimitives.ReadUInt16BigEndian([_lengthHigh, value]);
                EncryptedBytes += _type == ApplicationData ? _length + HeaderBytes : 0;
                break;
        }

        return 1;
    }
}
