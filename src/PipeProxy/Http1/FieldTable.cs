using System.Diagnostics;
using System.Runtime.InteropServices;
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

    private ReadOnlyMemory<byte> _block;
    private FieldLine[] _lines = new FieldLine[InitialCapacity];

    // What IndexOf searches, beside the lines because the search is then over adjacent bytes.
    private KnownField[] _known = new KnownField[InitialCapacity];
    private ulong _present;

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

    /// <summary>The first line at or after <paramref name="from"/> that is this field, or -1.</summary>
    public int IndexOf(KnownField known, int from = 0)
    {
        if (!Contains(known))
        {
            return -1;
        }

        var found = MemoryMarshal.AsBytes(_known.AsSpan(from, Count - from)).IndexOf((byte)known);
        return found < 0 ? -1 : from + found;
    }

    /// <summary>Binds the offsets to the block that holds the head at its first byte. Borrowed until <see cref="Reset"/>.</summary>
    public void Attach(ReadOnlyMemory<byte> block) => _block = block;

    public void Add(ByteRange name, ByteRange value, KnownField known)
    {
        if (Count == _lines.Length)
        {
            Array.Resize(ref _lines, Count * 2);
            Array.Resize(ref _known, Count * 2);
        }

        _lines[Count] = new FieldLine(name, value, known, IsNominated: false);
        _known[Count] = known;
        _present |= 1UL << (int)known;
        Count++;
    }

    public void Nominate(int index) => _lines[index] = _lines[index] with { IsNominated = true };

    /// <summary>Forgets lines and block, keeps the room.</summary>
    public void Reset()
    {
        _block = default;
        _present = 0;
        Count = 0;
    }
}
