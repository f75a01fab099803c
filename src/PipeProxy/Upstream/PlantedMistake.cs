namespace PipeProxy.Upstream;

/// <summary>A mistake that a test plants in the pool, to see that the isolation property would catch it. Never set in a proxy that serves.</summary>
internal enum PlantedMistake : byte
{
    None,

    /// <summary>A lease is granted under the binding that the request found first, without another look after queueing or a handshake.</summary>
    BindingKept,
}
