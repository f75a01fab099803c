using System.Runtime.CompilerServices;

namespace PipeProxy.Transport;

/// <summary><c>await new LoopYield(loop)</c> lets the loop serve its other connections and continues behind them.</summary>
internal readonly struct LoopYield(EventLoop loop) : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public LoopYield GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => loop.Defer(static state => ((Action)state!)(), continuation);
}
