using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Turns;

/// <summary>Requests that all come at once in the middle of a turn, over connections of their own.</summary>
/// <param name="Requests">How many; each has a connection, which stays open between storms.</param>
/// <param name="Path">What they ask for; null for what the target's clients ask for.</param>
internal sealed record Storm(int Requests, string? Path)
{
    /// <summary>The same place, and the storm's path.</summary>
    internal Target At(Target target) => Path is null ? target : target with { Url = new Uri(target.Url, Path) };
}
