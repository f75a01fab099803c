using System.Runtime.CompilerServices;

namespace PipeProxy.Transport;

/// <summary>What <see cref="EventLoop.Enter"/> gives: awaiting it continues on the loop, at once when already there.</summary>
internal readonly struct LoopEntry(EventLoop loop) : ICriticalNotifyCompletion
{
    public bool IsCompleted => loop.IsInside;

    public LoopEntry GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => loop.Post(static state => ((Action)state!)(), continuation);
}
