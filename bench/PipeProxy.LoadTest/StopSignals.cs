using System.Runtime.InteropServices;

namespace PipeProxy.LoadTest;

/// <summary>Ctrl-C, Ctrl-\, SIGTERM, and SIGHUP, the end of the terminal: the first one is ours and ends the run with what it has, a later one the system's.</summary>
internal sealed class StopSignals : IDisposable
{
    // Who presses Ctrl-C twice in haste wants the result, and so does a shell that passes on the hang-up which the kernel has sent already.
    private static readonly TimeSpan Haste = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Lock _lock = new();
    private long? _first;

    internal StopSignals(TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = Take()))];
    }

    /// <summary>Cancelled by the first of them.</summary>
    internal CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    /// <summary>A signal has come.</summary>
    /// <returns>Whether it is ours; the system ends the process with the others.</returns>
    internal bool Take()
    {
        lock (_lock)
        {
            var now = _clock.GetTimestamp();
            if (_first is { } first)
            {
                return _clock.GetElapsedTime(first, now) < Haste;
            }

            _first = now;
        }

        _stop.Cancel();
        return true;
    }
}
