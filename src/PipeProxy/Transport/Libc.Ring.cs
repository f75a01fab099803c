using System.Runtime.InteropServices;

namespace PipeProxy.Transport;

/// <content>What is shared with an io_uring; the same on all architectures.</content>
internal static unsafe partial class Libc
{
    /// <summary><c>struct io_uring_params</c>: what is asked for, and where things lie in the memory that is shared.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct RingParameters
    {
        [FieldOffset(0)]
        internal uint SubmissionEntries;
        [FieldOffset(4)]
        internal uint CompletionEntries;
        [FieldOffset(8)]
        internal uint Flags;
        [FieldOffset(20)]
        internal uint Features;
        [FieldOffset(40)]
        internal uint SubmissionHead;
        [FieldOffset(44)]
        internal uint SubmissionTail;
        [FieldOffset(48)]
        internal uint SubmissionMask;
        [FieldOffset(64)]
        internal uint SubmissionArray;
        [FieldOffset(80)]
        internal uint CompletionHead;
        [FieldOffset(84)]
        internal uint CompletionTail;
        [FieldOffset(88)]
        internal uint CompletionMask;
        [FieldOffset(100)]
        internal uint Completions;
    }

    /// <summary><c>struct io_uring_sqe</c>, as far as it is used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    internal struct RingEntry
    {
        [FieldOffset(0)]
        internal byte Operation;
        [FieldOffset(4)]
        internal int Descriptor;
        [FieldOffset(16)]
        internal void* Address;
        [FieldOffset(24)]
        internal uint Length;
        [FieldOffset(28)]
        internal uint MessageFlags;
        [FieldOffset(32)]
        internal ulong Data;
    }

    /// <summary><c>struct io_uring_cqe</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RingCompletion
    {
        internal ulong Data;
        internal int Result;
        internal uint Flags;
    }

    /// <summary><c>struct io_uring_getevents_arg</c>: how long to wait, as a <c>timespec</c>; null for as long as it takes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RingWait
    {
        internal void* SignalMask;
        internal uint SignalMaskBytes;
        internal uint Unused;
        internal long* Time;
    }
}
