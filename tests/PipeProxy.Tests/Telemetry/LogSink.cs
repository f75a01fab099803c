using System.Text;

namespace PipeProxy.Tests.Telemetry;

/// <summary>A stream that keeps what is written to it, can be held shut and can be told to fail. Waits end after 30 s.</summary>
internal sealed class LogSink : Stream
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _open = new(true);
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _ended = new(0);
    private readonly MemoryStream _content = new();
    private int _calls;

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length
    {
        get
        {
            lock (_content)
            {
                return _content.Length;
            }
        }
    }

    public override long Position { get; set; }

    public int Calls => Volatile.Read(ref _calls);

    public bool WasDisposed { get; private set; }

    /// <summary>Bytes to take before a write fails; null: none fails.</summary>
    public int? FailAfter { get; set; }

    public string Text
    {
        get
        {
            lock (_content)
            {
                return Encoding.UTF8.GetString(_content.ToArray());
            }
        }
    }

    public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public void Shut() => _open.Reset();

    public void Reopen() => _open.Set();

    public void WaitForBegin() => Assert.True(_begun.Wait(Patience), "The sink was not written to.");

    public void WaitForEnd() => Assert.True(_ended.Wait(Patience), "The sink was not written to.");

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Interlocked.Increment(ref _calls);
        _begun.Release();
        Assert.True(_open.Wait(Patience), "The sink was never opened again.");
        lock (_content)
        {
            if (FailAfter is { } taken)
            {
                _content.Write(buffer[..Math.Min(taken, buffer.Length)]);
                throw new IOException("No space left on device");
            }

            _content.Write(buffer);
        }

        _ended.Release();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => Length + offset;

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        WasDisposed = true;
        base.Dispose(disposing);
    }
}
