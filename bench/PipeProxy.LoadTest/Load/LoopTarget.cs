using PipeProxy.LoadTest.Http;

namespace PipeProxy.LoadTest.Load;

/// <summary>A target as one loop asks for it: the bytes to send, and the head that came last.</summary>
internal sealed class LoopTarget(RequestTemplate template, Target target)
{
    internal byte[] Request { get; } = template.Render(target.Url, last: false);

    /// <summary>The last request of a connection says so.</summary>
    internal byte[] LastRequest { get; } = template.Render(target.Url, last: true);

    internal HeadCache LastHead { get; } = new(template.IsHead);
}
