namespace PipeProxy.LoadTest.Watch;

/// <summary>What processes used since measuring began, an account for each.</summary>
/// <remarks>A sum over the living alone would fall, below zero even, when one of them ends: the account of a process that has ended stays as it was seen last.</remarks>
internal sealed class ProcessBook
{
    private readonly Dictionary<(int Pid, long Began), (TimeSpan First, TimeSpan Last)> _accounts = [];

    /// <summary>User and system time of all, never negative.</summary>
    internal TimeSpan Cpu => _accounts.Values.Aggregate(TimeSpan.Zero, static (sum, account) => sum + (account.Last - account.First));

    /// <summary>Measuring begins: what these have used until now is not counted.</summary>
    internal void Begin(IEnumerable<ProcessSample> samples)
    {
        _accounts.Clear();
        foreach (var sample in samples)
        {
            _accounts[(sample.Pid, sample.Began)] = (sample.Cpu, sample.Cpu);
        }
    }

    /// <summary>Looks again. Of one that was not there when measuring began, everything counts.</summary>
    internal void Note(IEnumerable<ProcessSample> samples)
    {
        foreach (var sample in samples)
        {
            var (first, last) = _accounts.GetValueOrDefault((sample.Pid, sample.Began));
            _accounts[(sample.Pid, sample.Began)] = (first, last > sample.Cpu ? last : sample.Cpu);
        }
    }
}
