using Microsoft.Extensions.Logging;

namespace PipeProxy.Telemetry;

/// <summary>Says in the operator's log when a certificate that routes present has 30, 7 and 1 days left, and when it has ended; each once.</summary>
/// <remarks>Any thread. A certificate that is first seen, or whose validity begins, between two of these moments is told at once, under the one that has passed last.</remarks>
internal sealed partial class ExpiryLog : IDisposable
{
    // In falling order; zero is the end itself.
    private static readonly TimeSpan[] Marks = [TimeSpan.FromDays(30), TimeSpan.FromDays(7), TimeSpan.FromDays(1), TimeSpan.Zero];

    // A clock that is set, or a machine that slept, must not make it wait for weeks.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Dictionary<CertificateExpiry, TimeSpan> _told = [];
    private IReadOnlyList<CertificateExpiry> _certificates = [];

    internal ExpiryLog(TimeProvider time, ILogger logger)
    {
        _time = time;
        _logger = logger;
        _timer = time.CreateTimer(static self => ((ExpiryLog)self!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The certificates to look after; replaces the ones before. One that was told of already is not told of again for the same mark.</summary>
    internal void Use(IReadOnlyList<CertificateExpiry> certificates)
    {
        lock (_lock)
        {
            _certificates = certificates;
            foreach (var gone in _told.Keys.Except(certificates).ToList())
            {
                _told.Remove(gone);
            }
        }

        Look();
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            var next = LongestWait;
            foreach (var certificate in _certificates)
            {
                if (certificate.NotBefore - now is var ahead && ahead > TimeSpan.Zero)
                {
                    // Its routes answer 522 because it is not valid yet; a word of its end would tell another cause.
                    next = ahead < next ? ahead : next;
                    continue;
                }

                var left = certificate.NotAfter - now;
                var passed = Array.FindLastIndex(Marks, mark => left <= mark);
                if (passed >= 0 && (!_told.TryGetValue(certificate, out var told) || told > Marks[passed]))
                {
                    _told[certificate] = Marks[passed];
                    Tell(certificate, left);
                }

                if (passed + 1 < Marks.Length && left - Marks[passed + 1] < next)
                {
                    next = left - Marks[passed + 1];
                }
            }

            _timer.Change(_certificates.Count == 0 ? Timeout.InfiniteTimeSpan : next + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    private void Tell(CertificateExpiry certificate, TimeSpan left)
    {
        if (left <= TimeSpan.Zero)
        {
            LogExpired(_logger, certificate.Name, certificate.NotAfter.UtcDateTime);
        }
        else
        {
            LogExpiring(_logger, left <= Marks[^2] ? LogLevel.Error : LogLevel.Warning, certificate.Name, certificate.NotAfter.UtcDateTime, left.TotalDays >= 2 ? $"{(int)left.TotalDays} days" : $"{(int)Math.Ceiling(left.TotalHours)} hours");
        }
    }

    [LoggerMessage(Message = "The client certificate '{Certificate}' expires on {NotAfter:yyyy-MM-dd HH:mm} UTC, in {Left}; routes that present it answer 522 from then on. Replace it: pipeproxy mtls-certificate update --name {Certificate} --cert FILE --key FILE")]
    private static partial void LogExpiring(ILogger logger, LogLevel level, string certificate, DateTime notAfter, string left);

    [LoggerMessage(Level = LogLevel.Error, Message = "The client certificate '{Certificate}' expired on {NotAfter:yyyy-MM-dd HH:mm} UTC; routes that present it answer 522. Replace it: pipeproxy mtls-certificate update --name {Certificate} --cert FILE --key FILE")]
    private static partial void LogExpired(ILogger logger, string certificate, DateTime notAfter);
}
