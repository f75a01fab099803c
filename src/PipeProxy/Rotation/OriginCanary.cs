using System.Buffers;
using System.Text;
using PipeProxy.Certificates;
using PipeProxy.Http1;
using PipeProxy.Telemetry;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy.Rotation;

/// <summary>Shows one origin a certificate before it is in force, on a connection that serves no request.</summary>
/// <remarks>
/// :: Step 1: a handshake under the new chain, by the dialer of the pool. TLS 1.2 refuses here.
/// :: Step 2: the probe's GET, where one is configured.
/// :: Step 3: a read. TLS 1.3 refuses here, after the handshake has ended on our side; an origin without a word for 2 s has not refused.
/// :: Step 4: where nothing was said in favour, which authorities the origin accepts: that often is the cause.
/// </remarks>
internal sealed class OriginCanary(UpstreamPool pool, UpstreamTarget target, ClientCertificate certificate, UpstreamTrust trust)
{
    /// <summary>How long an origin has to say no.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    private const int MaxAnswerBytes = 64 * 1024;

    /// <summary>Runs it on <paramref name="loop"/>; call from anywhere, completes there.</summary>
    internal async Task<CanaryResult> RunAsync(EventLoop loop)
    {
        await loop.Enter();
        var (connection, failure) = await pool.OpenAsideAsync(target, certificate, trust, loop);
        CanaryResult result;
        if (connection is null)
        {
            result = OfHandshake(failure!);
        }
        else
        {
            try
            {
                result = await ListenAsync(connection);
            }
            finally
            {
                connection.Close(UpstreamCloseReason.Discarded);
            }
        }

        return result.Verdict is CanaryVerdict.Refused or CanaryVerdict.Silent ? await WithAuthoritiesAsync(result, loop) : result;
    }

    private CanaryResult OfHandshake(Failure failure)
        => Failed(IsRefusal(failure) ? CanaryVerdict.Refused : CanaryVerdict.Unreachable, failure);

    // An end in the handshake is a word on our certificate only once the certificate is out; before, the origin is just not well.
    private static bool IsRefusal(Failure failure)
        => failure.Outcome == Outcome.TlsAlertReceived || (failure.Outcome == Outcome.HandshakeTerminated && failure.CertificateSent);

    private async ValueTask<CanaryResult> ListenAsync(UpstreamConnection connection)
    {
        connection.SetReadTimeout(Silence, firstByte: true);
        connection.SetWriteTimeout(Silence);
        var probe = target.Config.Probe;
        if (probe is not null)
        {
            // Whether it arrives is seen by reading (decision 0003).
            connection.Output.Write(Encoding.ASCII.GetBytes($"GET {probe} HTTP/1.1\r\nHost: {Encoding.ASCII.GetString(target.HostField)}\r\nUser-Agent: pipeproxy-canary\r\nAccept: */*\r\nConnection: close\r\n\r\n"));
            await connection.Output.FlushAsync();
        }

        var answer = new ArrayBufferWriter<byte>();
        var head = new ResponseHead();
        while (await ReadAsync(connection, answer))
        {
            if (probe is null)
            {
                return Accepted("The origin sent a byte after the handshake.");
            }

            switch (Http1Parser.ParseResponse(answer.WrittenSpan, head, HeadLimits.Default, out _))
            {
                case ParseStatus.Done:
                    return await JudgeAnswerAsync(connection, answer, head.StatusCode, probe);
                case ParseStatus.Rejected:
                    return Accepted($"The origin answered GET {probe}, though not in HTTP/1.1.");
            }

            if (answer.WrittenCount > MaxAnswerBytes)
            {
                return Accepted($"The origin answered GET {probe}.");
            }
        }

        if (connection.TimedOut)
        {
            return answer.WrittenCount > 0
                ? Accepted($"The origin began to answer GET {probe}.")
                : new CanaryResult(
                    target.Origin,
                    CanaryVerdict.Silent,
                    $"The handshake ended and the origin said nothing against the certificate within {Silence.TotalSeconds:0} s{(probe is null ? "" : $", nor answered GET {probe}")}.",
                    probe is null ? "To have it asked for certain, set the upstream's probe to a path that answers." : "Look whether the probe's path answers that soon.");
        }

        return Failed(CanaryVerdict.Refused, connection.Describe());
    }

    // nginx refuses in HTTP what others refuse in TLS: its own page about the certificate is no answer of the site's.
    private async ValueTask<CanaryResult> JudgeAnswerAsync(UpstreamConnection connection, ArrayBufferWriter<byte> answer, int status, string probe)
    {
        if (status == 400)
        {
            while (answer.WrittenCount < MaxAnswerBytes && !NamesCertificate(answer) && await ReadAsync(connection, answer))
            {
            }

            if (NamesCertificate(answer))
            {
                return new CanaryResult(
                    target.Origin,
                    CanaryVerdict.Refused,
                    "The origin (nginx) let the TLS handshake end and refused the certificate in HTTP, with status 400.",
                    "Its error log at level info has the reason (client SSL certificate verify error): unknown authority, dates, ssl_verify_depth.");
            }
        }

        return Accepted($"The origin answered GET {probe} with status {status}.");
    }

    private static bool NamesCertificate(ArrayBufferWriter<byte> answer)
        => answer.WrittenSpan.IndexOf("The SSL certificate error"u8) >= 0 || answer.WrittenSpan.IndexOf("No required SSL certificate was sent"u8) >= 0;

    // False: nothing more comes, by the origin's end or by the deadline.
    private static async ValueTask<bool> ReadAsync(UpstreamConnection connection, ArrayBufferWriter<byte> answer)
    {
        var read = answer.WrittenCount == 0 ? await connection.ReadAsync() : await connection.ReadMoreAsync();
        foreach (var segment in read.Buffer)
        {
            answer.Write(segment.Span);
        }

        var any = !read.Buffer.IsEmpty;
        connection.Input.AdvanceTo(read.Buffer.End);
        return any;
    }

    private CanaryResult Failed(CanaryVerdict verdict, Failure failure)
        => new(target.Origin, verdict, failure.Detail, failure.Next, failure.Alert) { Failure = failure };

    private CanaryResult Accepted(string detail) => new(target.Origin, CanaryVerdict.Accepted, detail);

    private async ValueTask<CanaryResult> WithAuthoritiesAsync(CanaryResult result, EventLoop loop)
    {
        var acceptable = await AdvertisedAuthorities.AskAsync(pool, target, trust, loop);
        return result with { AcceptableAuthorities = acceptable, UnacceptedIssuers = AdvertisedAuthorities.Mismatch(acceptable, certificate) };
    }
}
