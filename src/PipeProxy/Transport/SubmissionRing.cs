namespace PipeProxy.Transport;

/// <summary>An io_uring: operations are written into memory that the kernel shares, and one system call starts them all and waits for results.</summary>
/// <remarks>
/// Belongs to the thread that opened it. What is queued here completes within <see cref="Enter"/> or is waited for by it; nothing is left to the kernel's own threads. Layout and numbers: <c>linux/io_uring.h</c>.
/// </remarks>
internal sealed unsafe class SubmissionRing : IDisposable
{
    /// <summary>Operations that fit between two calls of <see cref="Enter"/>.</summary>
    internal const int Entries = 128;

    internal const byte SendMessage = 9;
    internal const byte Send = 26;
    internal const byte WaitForEvents = 59;

    private const byte Cancel = 14;
    private const ulong CancelData = ulong.MaxValue - 1;
    private const int CancelTries = 100;
    private const int CancelMilliseconds = 10;

    // Go on behind an operation that fails; one thread submits; completions are worked on when that thread asks; no table of indices.
    private const uint Flags = (1u << 7) | (1u << 12) | (1u << 13) | (1u << 16);
    private const uint OneMapping = 1;
    private const nint RingsOffset = 0;
    private const nint EntriesOffset = 0x10000000;
    private const uint TakeCompletions = 1;
    private const uint WithTimeout = 8;

    private readonly int _descriptor;
    private readonly byte* _rings;
    private readonly nuint _ringsBytes;
    private readonly Libc.RingEntry* _entries;
    private readonly nuint _entriesBytes;
    private readonly Libc.RingParameters _at;
    private uint _tail;

    private SubmissionRing(int descriptor, in Libc.RingParameters at, byte* rings, nuint ringsBytes, Libc.RingEntry* entries, nuint entriesBytes)
    {
        (_descriptor, _at, _ringsBytes, _entriesBytes) = (descriptor, at, ringsBytes, entriesBytes);
        _rings = rings;
        _entries = entries;
    }

    /// <summary>Opens one.</summary>
    /// <returns>Null where the system has none, forbids it (containers often do), or is older than Linux 6.15, whose ring cannot wait for epoll.</returns>
    internal static SubmissionRing? TryOpen()
    {
        var at = new Libc.RingParameters { Flags = Flags };
        var descriptor = Libc.RingSetup(Entries, &at);
        if (descriptor < 0)
        {
            return null;
        }

        var ringsBytes = (nuint)Math.Max(at.SubmissionArray + (at.SubmissionEntries * sizeof(uint)), at.Completions + (at.CompletionEntries * (uint)sizeof(Libc.RingCompletion)));
        var entriesBytes = (nuint)(at.SubmissionEntries * sizeof(Libc.RingEntry));
        if ((at.Features & OneMapping) != 0 && Libc.RingSupports(descriptor, WaitForEvents)
            && Libc.TryMap(descriptor, RingsOffset, ringsBytes, out var rings))
        {
            if (Libc.TryMap(descriptor, EntriesOffset, entriesBytes, out var entries))
            {
                return new SubmissionRing(descriptor, at, rings, ringsBytes, (Libc.RingEntry*)entries, entriesBytes);
            }

            Libc.EndMap(rings, ringsBytes);
        }

        _ = Libc.Close(descriptor);
        return null;
    }

    /// <summary>The ring's own descriptor.</summary>
    internal int Descriptor => _descriptor;

    /// <summary>Queued and not taken by the kernel: more than none behind <see cref="Enter"/> only when it refused.</summary>
    internal uint Untaken => _tail - Volatile.Read(ref Word(_at.SubmissionHead));

    /// <summary>Queues an operation, which the caller fills in.</summary>
    /// <param name="operation">One of the numbers above.</param>
    /// <param name="descriptor">What it works on.</param>
    /// <param name="data">Comes back with its result.</param>
    internal ref Libc.RingEntry Queue(byte operation, int descriptor, ulong data)
    {
        ref var entry = ref _entries[_tail++ & Word(_at.SubmissionMask)];
        entry = new Libc.RingEntry { Operation = operation, Descriptor = descriptor, Data = data };
        return ref entry;
    }

    /// <summary>Starts what is queued, and waits.</summary>
    /// <param name="results">For so many results.</param>
    /// <param name="milliseconds">And no longer; -1: without end.</param>
    internal void Enter(uint results, int milliseconds)
    {
        Volatile.Write(ref Word(_at.SubmissionTail), _tail);
        var time = stackalloc long[2] { milliseconds / 1000, milliseconds % 1000 * 1_000_000L };
        var argument = new Libc.RingWait { Time = milliseconds < 0 ? null : time };
        _ = Libc.RingEnter(_descriptor, Untaken, results, TakeCompletions | WithTimeout, &argument);
    }

    /// <summary>Takes the queued back that the kernel did not take.</summary>
    internal void DropUntaken()
    {
        _tail -= Untaken;
        Volatile.Write(ref Word(_at.SubmissionTail), _tail);
    }

    /// <summary>The next result, a count of bytes or events or a negative error; false when there is none yet.</summary>
    internal bool TryTake(out ulong data, out int result)
    {
        var head = Word(_at.CompletionHead);
        if (head == Volatile.Read(ref Word(_at.CompletionTail)))
        {
            (data, result) = (0, 0);
            return false;
        }

        var completion = ((Libc.RingCompletion*)(_rings + _at.Completions))[head & Word(_at.CompletionMask)];
        Volatile.Write(ref Word(_at.CompletionHead), head + 1);
        (data, result) = (completion.Data, completion.Result);
        return true;
    }

    /// <summary>Ends an operation that is under way, so that the kernel has let go of its memory.</summary>
    /// <param name="data">The operation's.</param>
    /// <param name="result">Its result: it may have completed just before.</param>
    /// <returns>False when the kernel does not tell of its end, so that its memory must stay.</returns>
    internal bool TryEnd(ulong data, out int result)
    {
        Queue(Cancel, -1, CancelData).Address = (void*)data;
        for (var tries = 0; tries < CancelTries; tries++)
        {
            Enter(1, CancelMilliseconds);
            while (TryTake(out var completed, out result))
            {
                if (completed == data)
                {
                    return true;
                }
            }
        }

        result = 0;
        return false;
    }

    public void Dispose()
    {
        Libc.EndMap(_entries, _entriesBytes);
        Libc.EndMap(_rings, _ringsBytes);
        _ = Libc.Close(_descriptor);
    }

    private ref uint Word(uint offset) => ref *(uint*)(_rings + offset);
}
