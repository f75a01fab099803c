namespace PipeProxy.Transport;

/// <summary>Sizes that a reading buffer grows through. Tests run with tiny ones, so that every message crosses every boundary.</summary>
/// <param name="First">The size of the first block, in bytes.</param>
/// <param name="Second">The size after the first is full.</param>
/// <param name="Largest">The size that every head and every chunk line fits; limits are set below it.</param>
internal readonly record struct BufferSizes(int First, int Second, int Largest)
{
    /// <summary>4, 16 and 160 KiB: a typical head, a large one, and request line plus fields at their default limits.</summary>
    public static readonly BufferSizes Default = new(4 * 1024, 16 * 1024, 160 * 1024);

    /// <summary>10 bytes at first, as the tests of dotnet/runtime's HttpConnection have it.</summary>
    public static readonly BufferSizes Tiny = new(10, 64, 160 * 1024);

    /// <summary>The size for a body that fills smaller ones: four times <see cref="Second"/>. One system call then serves several records of TLS.</summary>
    public int Bulk => Second * 4;

    /// <summary>The smallest size above <paramref name="bytes"/>; beyond the largest, twice as much.</summary>
    public int Above(int bytes) => bytes < First ? First : bytes < Second ? Second : bytes < Largest ? Largest : bytes * 2;
}
