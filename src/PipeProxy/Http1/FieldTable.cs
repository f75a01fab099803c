using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace PipeProxy.Http1;

/// <summary>One field line: where its name and value are, and whether the proxy knows it.</summary>
/// <param name="Name">The name, a token.</param>
/// <param name="Value">The value without surrounding white space; may be empty.</param>
/// <param name="Known">What the name means to the proxy.</param>
/// <param name="IsNominated">Whether Connection names it, so that it ends here (RFC 9110 section 7.6.1).</param>
internal readonly record struct FieldLine(ByteRange Name, ByteRange Value, KnownField Known, bool IsNominated);

/// <summary>The field lines of one head, in order and with duplicates, as offsets from the head's first byte.</summary>
/// <remarks>Grows to the limit of the parser once and is reused after <see cref="Reset"/>. Owned by its head; not thread-safe.</remarks>
internal sealed class FieldTable
{
    private const int InitialCapacity = 16;

    // More than there are known fields, and a power of two: an index below it needs no check.
    private const int KnownRoom = 64;

    private ReadOnlyMemory<byte> _block;
    private FieldLine[] _lines = new FieldLine[InitialCapacity];

    // By known field: a bit for "there is one", a bit for "there are more", and the place of the first.
    private readonly int[] _first = new int[KnownRoom];
    private ulong _present;
    private ulong _repeated;

    /// <summary>Number of field lines.</summary>
    public int Count { get; private set; }

    /// <summary>The line at <paramref name="index"/>.</summary>
    public ref readonly FieldLine this[int index]
    {
        get
        {
            Debug.Assert(index < Count, "Past the last field line.");
            return ref _lines[index];
        }
    }

    /// <summary>The attached bytes, from the head's first on.</summary>
    public ReadOnlySpan<byte> Block => _block.Span;

    public ReadOnlySpan<byte> NameOf(int index) => this[index].Name.In(Block);

    public ReadOnlySpan<byte> ValueOf(int index) => this[index].Value.In(Block);

    /// <summary>The value of the first line of this field, empty when there is none.</summary>
    public ReadOnlySpan<byte> ValueOf(KnownField known)
    {
        var index = IndexOf(known);
        return index < 0 ? default : ValueOf(index);
    }

    /// <summary>The first field line of this name, whatever it means to the proxy; empty when there is none.</summary>
    /// <param name="name">Compared without case.</param>
    public ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < Count; i++)
        {
            if (Ascii.EqualsIgnoreCase(NameOf(i), name))
            {
                return ValueOf(i);
            }
        }

        return [];
    }

    public bool Contains(KnownField known) => (_present & (1UL << (int)known)) != 0;

    /// <summary>Whether more than one line is this field.</summary>
    public bool IsRepeated(KnownField known) => (_repeated & (1UL << (int)known)) != 0;

    /// <summary>The first line that is this field, or -1.</summary>
    public int IndexOf(KnownField known) => Contains(known) ? _first[(int)known % KnownRoom] : -1;

    /// <summary>The first line at or after <paramref name="from"/> that is this field, or -1.</summary>
    public int IndexOf(KnownField known, int from)
    {
        for (var i = Contains(known) ? Math.Max(from, _first[(int)known % KnownRoom]) : Count; i < Count; i++)
        {
            if (_lines[i].Known == known)
            {
                return i;
            }

            if (!IsRepeated(known))
            {
                break;
            }
        }

        return -1;
    }

    /// <summary>Binds the offsets to the block that holds the head at its first byte. Borrowed until <see cref="Reset"/>.</summary>
    public void Attach(ReadOnlyMemory<byte> block) => _block = block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ByteRange name, ByteRange value, KnownField known)
    {
        var index = Count;
        var lines = _lines;
        if ((uint)index >= (uint)lines.Length)
        {
            lines = Grow();
        }

        lines[index] = new FieldLine(name, value, known, IsNominated: false);
        Count = index + 1;
        if (known != KnownField.Other)
        {
            Remember(known, index);
        }
    }

    public void Nominate(int index) => _lines[index] = _lines[index] with { IsNominated = true };

    /// <summary>Forgets lines and block, keeps the room.</summary>
    public void Reset()
    {
        _block = default;
        _present = 0;
        _repeated = 0;
        Count = 0;
    }

    private void Remember(KnownField known, int index)
    {
        var bit = 1UL << (int)known;
        if ((_present & bit) == 0)
        {
            _first[(int)known % KnownRoom] = index;
        }

        _repeated |= _present & bit;
        _present |= bit;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FieldLine[] Grow()
    {
        Array.Resize(ref _lines, _lines.Length * 2);
        return _lines;
    }
}
