using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>How a connection ended, in words for people.</summary>
internal static class Words
{
    internal static string Of(IoStatus status) => status switch
    {
        IoStatus.End => "closed by the other side",
        IoStatus.Reset => "connection reset",
        IoStatus.Refused => "connection refused",
        IoStatus.Unreachable => "not reachable",
        IoStatus.TimedOut => "timed out",
        IoStatus.TlsAlert => "TLS alert",
        IoStatus.TlsTruncated => "closed without close_notify",
        IoStatus.TlsProtocol => "not valid TLS",
        IoStatus.Failed => "the system refused (ports?)",
        _ => status.ToString(),
    };
}
