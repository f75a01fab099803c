using System.Text;
using PipeProxy.Connections;
using PipeProxy.Http1;
using PipeProxy.Telemetry;
using PipeProxy.Upstream;

namespace PipeProxy.Forwarding;

/// <summary>What an origin that finished TLS says in HTTP about our certificate. Off the path of requests that go well.</summary>
internal static class OriginRefusal
{
    private static readonly byte[] CertificateMissing = Encoding.ASCII.GetBytes(NginxErrorPage.CertificateMissing);
    private static readonly byte[] CertificateRefused = Encoding.ASCII.GetBytes(NginxErrorPage.CertificateRefused);

    /// <summary>Reads it out of a 400 or 403 whose head still lies in the connection's input. nginx's own pages fit the read that brought the head.</summary>
    public static HttpRefusal Of(UpstreamConnection upstream, ResponseHead head)
    {
        if (head.StatusCode == 403)
        {
            return upstream.CertificateRequested switch
            {
                true => HttpRefusal.ForbiddenAfterAsking,
                false => HttpRefusal.ForbiddenWithoutAsking,
                null => HttpRefusal.Forbidden,
            };
        }

        upstream.Input.TryRead(out var read);
        var body = read.Buffer.FirstSpan[head.Length..];
        var refusal = body.IndexOf(CertificateMissing) >= 0 ? HttpRefusal.CertificateMissing
            : body.IndexOf(CertificateRefused) >= 0 ? HttpRefusal.CertificateRefused
            : HttpRefusal.None;
        upstream.Input.AdvanceTo(read.Buffer.Start);
        return refusal;
    }
}
