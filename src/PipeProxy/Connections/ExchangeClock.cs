using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <summary>Holds a client to the pace, and a request to the whole time, that the settings allow. One per connection; looks once a second while requests come.</summary>
/// <remarks>
/// Loop-owned. What is counted is time in which a body's pump was seen waiting for the client, so a slow origin is never held against it.
/// Starting a request is a few stores: the deadline stays set from one request to the next and stops by itself when a look finds none.
/// </remarks>
internal sealed class ExchangeClock(Http1Connection connection) : IDeadlineOwner
{
    private const long GraceMilliseconds = 5_000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private Deadline? _look;
    private bool _looking;
    private long _began;
    private long _lookedAt;
    private long _moved;
    private bool _half;
    private long _uploadWaited;
    private long _downloadWaited;

    /// <summary>A request begins.</summary>
    public void Watch(ConnectionSettings settings)
    {
        _began = connection.Loop.Now;
        _uploadWaited = _downloadWaited = 0;
        if (!_looking && settings.NeedsClock)
        {
            Look(settings);
        }
    }

    public void OnDeadline(DeadlineKind kind)
    {
        _looking = false;
        if (connection.Current is not { } exchange)
        {
            return;
        }

        var now = connection.Loop.Now;
        var settings = exchange.Settings;
        if (exchange.IsTunnel)
        {
            LookAtTunnel(exchange, now);
            return;
        }

        if (!exchange.HasHead)
        {
            // A head has a deadline of its own, and what is noted here belongs to the request before.
            Look(settings);
        }
        else if (settings.Timeouts.Total is { } total && connection.Loop.Time.GetElapsedTime(exchange.StartedAt) >= total)
        {
            connection.EndCurrent(new Failure(Outcome.TotalTimeout, $"The request was not over within {total.TotalSeconds:0.#} s.", "Raise timeouts.total, or look at why it took so long."));
        }
        else if (IsSlow(exchange.Upload, PumpWait.Source, settings.RequestBodyRate, ref _uploadWaited) && !WaitsForContinue(exchange))
        {
            connection.EndCurrent(new Failure(Outcome.RequestBodyTooSlow, $"{exchange.Upload.Bytes} bytes of the request's body came in {_uploadWaited / 1000} s.", "Send faster, or lower limits.requestBodyRate."));
        }
        else if (IsSlow(exchange.Download, PumpWait.Sink, settings.ResponseBodyRate, ref _downloadWaited))
        {
            connection.EndCurrent(new Failure(Outcome.ClientTooSlow, $"The client took {exchange.Download.Bytes} bytes of the answer in {_downloadWaited / 1000} s.", "Lower limits.responseBodyRate if clients may be as slow."));
        }
        else
        {
            Look(settings);
        }
    }

    /// <summary>The request has become a tunnel.</summary>
    public void WatchTunnel(Exchange exchange)
    {
        _began = connection.Loop.Now;
        (_moved, _half) = (0, false);
        if (!_looking)
        {
            Look(exchange.Settings);
        }
    }

    /// <summary>Ends.</summary>
    public void Stop() => _look?.Clear();

    // When one side has ended, the other gets no longer than between two pieces of a body.
    private void LookAtTunnel(Exchange exchange, long now)
    {
        var moved = exchange.Upload.Bytes + exchange.Download.Bytes;
        if (moved != _moved || exchange.IsHalfTunnel != _half)
        {
            (_moved, _half, _began) = (moved, exchange.IsHalfTunnel, now);
        }

        var timeouts = exchange.Settings.Timeouts;
        if (now - _began >= (long)(exchange.IsHalfTunnel && timeouts.BetweenBytes < timeouts.Tunnel ? timeouts.BetweenBytes : timeouts.Tunnel).TotalMilliseconds)
        {
            connection.CloseTunnel();
        }
        else
        {
            Look(exchange.Settings);
        }
    }

    private void Look(ConnectionSettings settings)
    {
        _looking = true;
        _lookedAt = connection.Loop.Now;
        _look ??= new Deadline(connection.Loop, this);
        _look.Set(settings.Timeouts.Total is { } total && total < LookEvery ? total : LookEvery, DeadlineKind.BetweenBytes);
    }

    // A client that waits for 100 (Continue) is not slow, it is polite.
    private static bool WaitsForContinue(Exchange exchange) => exchange.Upload.Bytes == 0 && exchange.Request.ExpectContinue;

    private bool IsSlow(BodyPump pump, PumpWait waitForClient, int rate, ref long waited)
    {
        if (rate == 0 || pump.Waits != waitForClient)
        {
            return false;
        }

        waited += connection.Loop.Now - Math.Max(_lookedAt, _began);
        return waited > GraceMilliseconds && pump.Bytes * 1000 < waited * rate;
    }
}
