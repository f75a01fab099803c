namespace PipeProxy.LoadTest.Load;

/// <summary>How much of a loop's load is measured, once measuring begins.</summary>
/// <param name="Limits">So many requests per lane; null: as many as there is time for.</param>
/// <param name="Duration">So long, on <see cref="Clock"/>; null: until all requests have ended.</param>
/// <param name="CutsOff">What ends later does not count: the closed loop.</param>
internal sealed record Measuring(long[]? Limits, long? Duration, bool CutsOff);
