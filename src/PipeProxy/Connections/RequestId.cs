using System.Buffers;
using System.Security.Cryptography;
using PipeProxy.Http1;

namespace PipeProxy.Connections;

/// <summary>The id that a request carries through logs and to the origin.</summary>
internal sealed class RequestId
{
    private const int MaxBytes = 128;

    // What a log line and a field can hold without quoting.
    private static readonly SearchValues<byte> Allowed = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.:/+="u8);

    // Random per loop thread, counted up per request: unique, unguessable enough for a log, and made without a system call.
    [ThreadStatic]
    private static UInt128 _next;

    private readonly byte[] _bytes = new byte[MaxBytes];
    private int _length;

    /// <summary>The id; empty before <see cref="Set"/>.</summary>
    public ReadOnlySpan<byte> Value => _bytes.AsSpan(0, _length);

    /// <summary>Forgets the id.</summary>
    public void Clear() => _length = 0;

    /// <summary>Takes the client's X-Request-Id where it is one plain token of at most 128 bytes, else makes one of 32 hex digits.</summary>
    public void Set(RequestHead head)
    {
        var index = head.Fields.IndexOf(KnownField.XRequestId);
        if (index >= 0)
        {
            var given = head.Fields.ValueOf(index);
            if (given.Length is > 0 and <= MaxBytes && given.IndexOfAnyExcept(Allowed) < 0)
            {
                given.CopyTo(_bytes);
                _length = given.Length;
                return;
            }
        }

        Make();
    }

    /// <summary>Makes an id of 32 hex digits.</summary>
    public void Make()
    {
        if (_next == 0)
        {
            Span<byte> random = stackalloc byte[16];
            RandomNumberGenerator.Fill(random);
            _next = System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(random) | 1;
        }

        _next++;
        _next.TryFormat(_bytes, out _length, "x32");
    }
}
