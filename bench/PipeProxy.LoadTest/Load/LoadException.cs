namespace PipeProxy.LoadTest.Load;

/// <summary>The run cannot be made; the message says why. For what goes wrong before the first request; later everything is counted.</summary>
internal sealed class LoadException(string message) : Exception(message);
