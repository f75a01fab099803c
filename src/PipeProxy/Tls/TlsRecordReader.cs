using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>What has come from the socket and is on its way to SslStream, which gets it in whole records (RFC 8446 section 5.1).</summary>
/// <remarks>
/// Why SslStream does not read by itself. An SslStream that has to wait within a record allocates; one that is asked only when a whole record is there never waits. It receives one record per system call; this reader takes
/// as many as have come, up to 64 KiB. And nobody can tell from outside whether an SslStream holds the peer's goodbye unseen: records are therefore handed over one at a time, and as long as one is left, <see cref="HasRecord"/>
/// says that there is something to read. While nothing is held there is no block.
/// </remarks>
internal sealed class TlsRecordReader(SocketConnection socket, TlsRecords begun)
{
    private const int HeaderBytes = 5;
    private const int FirstBytes = 4 * 1024;

    // Holds four of the largest records that anybody sends, with what each kind of cipher adds.
    private const int BulkBytes = 66 * 1024;

    // RFC 5246 section 6.2.3 allows the most: 2^14 + 2048.
    private const int MaxFragmentBytes = 16 * 1024 + 2048;

    // RFC 8446 section 5.1 and RFC 5246 section 6.2.1.
    private const int MaxPlainBytes = 16 * 1024;

    // An authentication tag; every cipher that .NET speaks adds at least so much.
    private const int LeastOverheadBytes = 16;

    // The largest tickets carry a chain of client certificates, some 4 KiB.
    private const int CertainlyDataBytes = 8 * 1024;

    // More than any record holds.
    private const int UnknownBytes = 1 << 30;

    private const byte ApplicationData = 23;

    // The record that SslStream had begun to read when the handshake ended.
    private TlsRecords _begun = begun;
    private IMemoryOwner<byte>? _block;
    private int _start;
    private int _handEnd;
    private int _end;
    private int _nextBytes = FirstBytes;

    // Length of the next record to be handed over; 0 when it is no application data.
    private int _dataBytes;

    // Of the last record of application data, with its header.
    private int _recordBytes;

    // Most bytes of data in the next record; 0 once a part of it was handed over.
    private int _nextData;
    private long _handed;

    /// <summary>Bytes are there that SslStream can work on without waiting, or the connection has ended.</summary>
    internal bool HasRecord => _handEnd > _start || Ended != IoStatus.Ok;

    /// <summary>A whole record is there that is certainly data: too large for an alert or for a message of the handshake's, a session ticket, behind which SslStream would wait.</summary>
    internal bool HasDataRecord => _dataBytes >= CertainlyDataBytes && _handEnd > _start && Ended == IoStatus.Ok;

    /// <summary>Most bytes of data that the record to be handed over can hold; more than any holds while that is not known.</summary>
    internal int MaxDataBytes => _dataBytes > 0 ? Math.Min(_dataBytes - LeastOverheadBytes, MaxPlainBytes) : UnknownBytes;

    /// <summary>How the connection ended; Ok while it has not.</summary>
    internal IoStatus Ended { get; private set; }

    /// <summary>Copies the next record, or as much of it as there is room for.</summary>
    /// <returns>0 when nothing may; then <see cref="FillAsync"/> comes first, unless <see cref="Ended"/> tells why nothing will.</returns>
    internal int Take(Span<byte> destination)
    {
        var taken = Math.Min(destination.Length, _handEnd - _start);
        if (taken == 0)
        {
            return 0;
        }

        var bytes = _block!.Memory.Span.Slice(_start, taken);
        bytes.CopyTo(destination);
        _handed += _nextData;
        _nextData = 0;
        if (_begun.MissingBytes > 0)
        {
            _begun.Observe(bytes);
        }

        _start += taken;
        if (_start == _end)
        {
            _block.Dispose();
            _block = null;
            _start = _handEnd = _end = 0;
        }
        else if (_start == _handEnd)
        {
            FindRecord();
        }

        return taken;
    }

    /// <summary>Most bytes of data in the records that were handed over since the last call.</summary>
    internal long CountHanded()
    {
        var handed = _handed;
        _handed = 0;
        return handed;
    }

    /// <summary>Receives until <see cref="HasRecord"/>.</summary>
    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder))]
    internal async ValueTask FillAsync()
    {
        while (!HasRecord)
        {
            EnsureRoom();
            var wanted = WholeRecords();
            var received = await socket.ReadAsync(_block!.Memory.Slice(_end, wanted));
            if (!received.IsOk)
            {
                // A part of a record goes to SslStream as well: it says that it was cut.
                Ended = received.Status;
                _handEnd = _end;
                return;
            }

            FollowPace(received.Bytes, wanted);
            _end += received.Bytes;
            FindRecord();
        }
    }

    /// <summary>Gives the block back. Nothing may be pending.</summary>
    internal void Release()
    {
        _block?.Dispose();
        _block = null;
        _start = _handEnd = _end = 0;
    }

    // How much to ask for: what is left of a record that has begun, and others of the last one's size as far as there is room. A record that comes in two parts is copied once more.
    private int WholeRecords()
    {
        var (room, held) = (_block!.Memory.Length - _end, _end - _start);
        if (_recordBytes == 0 || _recordBytes < held)
        {
            return room;
        }

        var missing = held == 0 ? 0 : _recordBytes - held;
        var wanted = missing + ((room - missing) / _recordBytes * _recordBytes);
        return wanted > 0 && wanted <= room ? wanted : room;
    }

    private void FollowPace(int bytes, int wanted)
    {
        if (bytes == wanted)
        {
            _nextBytes = BulkBytes;
        }
        else if (bytes < _nextBytes / 4)
        {
            _nextBytes = FirstBytes;
        }
    }

    private void EnsureRoom()
    {
        if (_block is null)
        {
            _block = socket.Loop.Memory.Rent(_nextBytes);
            return;
        }

        // What is left is a part of one record.
        var left = _end - _start;
        var old = _block;
        if (old.Memory.Length < BulkBytes)
        {
            _block = socket.Loop.Memory.Rent(BulkBytes);
        }
        else if (_start == 0)
        {
            return;
        }

        old.Memory.Span.Slice(_start, left).CopyTo(_block.Memory.Span);
        (_start, _handEnd, _end) = (0, 0, left);
        if (!ReferenceEquals(old, _block))
        {
            old.Dispose();
        }
    }

    // Sets how far the next record goes, if it is whole.
    private void FindRecord()
    {
        (_handEnd, _dataBytes, _nextData) = (_start, 0, UnknownBytes);
        if (_begun.MissingBytes is > 0 and var missing)
        {
            _handEnd = Math.Min(_end, _start + missing);
            return;
        }

        if (_end - _start < HeaderBytes)
        {
            return;
        }

        var header = _block!.Memory.Span.Slice(_start, HeaderBytes);
        var length = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
        if (header[0] is < 20 or > 24 || header[1] != 3 || length > MaxFragmentBytes)
        {
            // No record: SslStream says so.
            _handEnd = _end;
        }
        else if (_start + HeaderBytes + length <= _end)
        {
            _handEnd = _start + HeaderBytes + length;
            if (header[0] == ApplicationData)
            {
                _dataBytes = length;
                _nextData = Math.Max(0, MaxDataBytes);
                _recordBytes = length >= CertainlyDataBytes ? HeaderBytes + length : 0;
            }
        }
    }
}
