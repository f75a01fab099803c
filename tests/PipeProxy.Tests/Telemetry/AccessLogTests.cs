using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Tests.Upstream;

namespace PipeProxy.Tests.Telemetry;

public sealed class AccessLogTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 2, 28, 23, 59, 59, TimeSpan.Zero));
    private readonly LogSink _sink = new();

    public void Dispose() => _sink.Dispose();

    [Fact]
    public async Task IntervalPasses_WritesAllEntriesWithOneCall()
    {
        await using var log = Open();
        var buffer = log.ForLoop();
        for (var i = 0; i < 10; i++)
        {
            Assert.True(Write(buffer, i));
        }

        Assert.Equal(0, _sink.Calls);
        _time.Advance(AccessLog.FlushInterval);
        _sink.WaitForEnd();

        Assert.Equal(1, _sink.Calls);
        Assert.Equal(Enumerable.Range(0, 10), Ids());
    }

    [Fact]
    public async Task BufferHalfFull_IsWrittenAtOnce()
    {
        await using var log = Open(segmentBytes: 1024);
        var buffer = log.ForLoop();
        for (var i = 0; i < 4; i++)
        {
            Assert.True(Write(buffer, i));
        }

        _sink.WaitForEnd();
        Assert.NotEmpty(Ids());
    }

    [Theory]
    [InlineData(AccessLogFormat.Json)]
    [InlineData(AccessLogFormat.Combined)]
    public async Task SinkBlocked_DropsCountsAndTellsAfterwards(AccessLogFormat format)
    {
        _sink.Shut();
        await using var log = Open(format, 1024);
        var buffer = log.ForLoop();
        Write(buffer, 0);
        _time.Advance(AccessLog.FlushInterval);
        _sink.WaitForBegin();
        var written = 1;
        while (Write(buffer, written))
        {
            written++;
        }

        for (var i = 0; i < 41; i++)
        {
            Assert.False(Write(buffer, 1000));
        }

        Assert.Equal(42, log.Dropped);
        _sink.Reopen();
        await log.FlushAsync();

        Assert.Equal(written + 1, _sink.Lines.Length);
        Assert.Contains("access_log_dropped", _sink.Lines[^1], StringComparison.Ordinal);
        if (format == AccessLogFormat.Json)
        {
            Assert.Equal(Enumerable.Range(0, written), Ids(_sink.Lines[..^1]));
            Assert.Equal(42, JsonDocument.Parse(_sink.Lines[^1]).RootElement.GetProperty("dropped").GetInt64());
        }
        else
        {
            Assert.Equal("# 2026-03-01T00:00:00.000Z access_log_dropped dropped=42 total=42", _sink.Lines[^1]);
        }

        Assert.True(Write(buffer, written));
        await log.FlushAsync();
        Assert.Equal(written + 2, _sink.Lines.Length);
        Assert.Equal(42, log.Dropped);
    }

    [Fact]
    public async Task ManyLoops_LoseNothingUncountedAndKeepTheirOrder()
    {
        const int loops = 4;
        const int entries = 20_000;
        await using var log = Open(segmentBytes: 4096);
        var threads = Enumerable.Range(0, loops).Select(loop =>
        {
            var buffer = log.ForLoop();
            return new Thread(() =>
            {
                for (var i = 0; i < entries; i++)
                {
                    Write(buffer, (loop * entries) + i);
                }
            });
        }).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        await log.FlushAsync();

        var ids = Ids(_sink.Lines.Where(static line => !line.Contains("access_log_dropped", StringComparison.Ordinal))).ToList();
        Assert.Equal(loops * entries, ids.Count + log.Dropped);
        for (var loop = 0; loop < loops; loop++)
        {
            var own = ids.Where(id => id / entries == loop).ToList();
            Assert.Equal(own.Order(), own);
            Assert.Equal(own.Distinct().Count(), own.Count);
        }
    }

    [Fact]
    public async Task WriteFails_EntriesAreCountedAndTheNextLineStandsAlone()
    {
        await using var log = Open();
        var buffer = log.ForLoop();
        _sink.FailAfter = 20;
        Write(buffer, 1);
        Write(buffer, 2);
        await log.FlushAsync();
        Assert.Equal(2, log.Dropped);

        _sink.FailAfter = null;
        Write(buffer, 3);
        await log.FlushAsync();

        Assert.Equal(2, log.Dropped);
        Assert.Equal([3], Ids(_sink.Lines.Where(static line => line.EndsWith('}') && line.Contains("requestId", StringComparison.Ordinal))));
        Assert.Equal(2, JsonDocument.Parse(_sink.Lines[^1]).RootElement.GetProperty("dropped").GetInt64());
    }

    [Fact]
    public async Task DiskFullForAWhile_IsToldOnceInALineAndOnceWhenItIsOver()
    {
        var told = new KeptLog();
        await using var log = Open(logger: told);
        var buffer = log.ForLoop();
        Write(buffer, 1);
        await log.FlushAsync();

        // One more line fits, and a part of the next.
        _sink.FailAfter = _sink.Text.Length + 10;
        for (var id = 2; id < 6; id++)
        {
            Write(buffer, id);
        }

        await log.FlushAsync();
        _sink.FailAfter = 0;
        Write(buffer, 6);
        await log.FlushAsync();
        Assert.Equal("Error: The access log - cannot be written; entries are lost until it can: No space left on device", Assert.Single(told.Lines));
        Assert.Equal(4, log.Dropped);

        _sink.FailAfter = null;
        await log.FlushAsync();
        Write(buffer, 7);
        await log.FlushAsync();

        Assert.Equal("Warning: The access log - is written again; entries lost meanwhile: 4.", Assert.Single(told.Lines.Skip(1)));
        var lines = _sink.Text.Split('\n');
        Assert.Equal([1, 2], Ids(lines[..2]));
        Assert.Equal(10, lines[2].Length);
        Assert.Equal(4, JsonDocument.Parse(lines[3]).RootElement.GetProperty("dropped").GetInt64());
        Assert.Equal([7], Ids(lines[4..^1]));
        Assert.Equal("", lines[^1]);
    }

    [Fact]
    public async Task DiskFullToTheEnd_IsToldWithWhatWasLost()
    {
        var told = new KeptLog();
        var log = Open(logger: told);
        _sink.FailAfter = 0;
        Write(log.ForLoop(), 1);
        await log.DisposeAsync();

        Assert.Equal("Error: The access log - was closed before it could be written again; entries lost: 1.", told.Lines[^1]);
    }

    [Fact]
    public async Task EntryLargerThanASegment_IsDroppedAndOthersPass()
    {
        await using var log = Open(segmentBytes: 512);
        var buffer = log.ForLoop();
        Assert.False(buffer.TryWrite(new AccessLogEntry { Target = new byte[600], Outcome = Outcome.Completed }));
        Assert.True(Write(buffer, 1));
        await log.FlushAsync();

        Assert.Equal([1], Ids(_sink.Lines[..1]));
        Assert.Equal(1, log.Dropped);
    }

    [Fact]
    public async Task Disposed_WritesWhatIsThereAndLeavesTheHostsStreamOpen()
    {
        var log = Open();
        var buffer = log.ForLoop();
        Write(buffer, 1);
        await log.DisposeAsync();
        await log.DisposeAsync();

        Assert.Equal([1], Ids());
        Assert.False(_sink.WasDisposed);
        Write(buffer, 2);
        await log.FlushAsync();
    }

    [Fact]
    public async Task DisposedWhileTheSinkIsStuck_EndsAfterFiveSeconds()
    {
        _sink.Shut();
        var log = Open();
        Write(log.ForLoop(), 1);
        _time.Advance(AccessLog.FlushInterval);
        _sink.WaitForBegin();

        var disposed = log.DisposeAsync().AsTask();
        Assert.False(disposed.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(5));
        await disposed.WaitAsync(TimeSpan.FromSeconds(60));
        _sink.Reopen();
    }

    [Theory]
    [InlineData(AccessLogFormat.Json)]
    [InlineData(AccessLogFormat.Combined)]
    public async Task Entry_AllocatesNothing(AccessLogFormat format)
    {
        await using var log = new AccessLog(new AccessLogConfig("-", format), AccessLogFile.Over(Stream.Null, NullLogger.Instance), TimeProvider.System, NullLogger.Instance);
        var buffer = log.ForLoop();
        for (var i = 0; i < 5_000; i++)
        {
            WriteFull(buffer);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20_000; i++)
        {
            WriteFull(buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void WriteFull(AccessLogBuffer buffer) => buffer.TryWrite(new AccessLogEntry
    {
        RequestId = "0123456789abcdef"u8,
        ClientAddress = "192.0.2.1"u8,
        Method = "GET"u8,
        Target = "/orders/42?q=\"\xff\u20ac"u8,
        Host = "api.example"u8,
        UserAgent = "curl/8.0"u8,
        Referer = "https://a.example/"u8,
        Route = "orders",
        Origin = "https://alb.example",
        Certificate = "aws-alb-cert",
        Outcome = Outcome.TlsAlertReceived,
        Detail = "unknown CA: \u20ac",
        Alert = 48,
        Status = 522,
        DurationMilliseconds = 12.5,
        RequestBytes = 1,
        ResponseBytes = 2,
    });

    private static bool Write(AccessLogBuffer buffer, int id)
    {
        Span<byte> text = stackalloc byte[8];
        id.TryFormat(text, out _, "D8", CultureInfo.InvariantCulture);
        return buffer.TryWrite(new AccessLogEntry
        {
            RequestId = text,
            ClientAddress = "192.0.2.1"u8,
            Method = "GET"u8,
            Target = "/orders"u8,
            Outcome = Outcome.Completed,
            Status = 200,
        });
    }

    private AccessLog Open(AccessLogFormat format = AccessLogFormat.Json, int segmentBytes = 64 * 1024, ILogger? logger = null)
        => new(new AccessLogConfig("-", format), AccessLogFile.Over(_sink, logger ?? NullLogger.Instance), _time, logger ?? NullLogger.Instance, segmentBytes);

    private IEnumerable<int> Ids() => Ids(_sink.Lines);

    private static IEnumerable<int> Ids(IEnumerable<string> lines)
        => lines.Select(static line => int.Parse(JsonDocument.Parse(line).RootElement.GetProperty("requestId").GetString()!, CultureInfo.InvariantCulture));
}
