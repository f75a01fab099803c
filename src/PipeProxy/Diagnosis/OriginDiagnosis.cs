using System.Diagnostics;
using System.Globalization;
using System.Net;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Diagnosis;

/// <summary>Goes the way to an origin once, step by step, and says where and why it ends.</summary>
/// <remarks>
/// <code>
///   1 DNS                        all addresses of the name
///   2 TCP                        a connection to each; the first one that answers is used from here on
///   3 TLS without a certificate  is one asked for, which authorities are advertised, is it required?
///   4 TLS with the certificate   as the proxy does it, over a connection of its own
///   5 first read                 the first byte behind a GET: TLS 1.3 refuses a certificate here
///   6 GET                        the answer
/// </code>
/// The origin is verified by the proxy's own code. A certificate is shown to no origin that step 3 found untrusted, and a request is sent
/// over step 3's connection only when no certificate is to be presented. Not part of the data path: it runs on no loop and allocates freely.
/// </remarks>
public sealed class OriginDiagnosis
{
    private readonly DiagnosisRequest _request;
    private readonly Action<DiagnosisStep>? _onStep;
    private readonly List<DiagnosisStep> _steps = [];
    private readonly string _host;
    private readonly string _roots;
    private readonly TlsClientOptions _options;
    private DiagnosisReport _report;

    private OriginDiagnosis(DiagnosisRequest request, Action<DiagnosisStep>? onStep)
    {
        _request = request;
        _onStep = onStep;
        _host = request.Url.IdnHost.Trim('[', ']');
        _roots = request.TrustedRoots is null ? "this system's roots" : $"the roots in {request.TrustedRootsName ?? "use"}";
        _options = new TlsClientOptions
        {
            ServerName = request.ServerName ?? _host,
            CertificateName = request.Certificate?.Name,
            CertificateContext = request.Certificate?.Context,
            TrustedRoots = request.TrustedRoots,
            Resume = request.Resume,
            HandshakeTimeout = request.HandshakeTimeout,
        };
        _report = new DiagnosisReport
        {
            Url = request.Url.ToString(),
            CertificateName = request.Certificate?.Name,
            PresentedChain = request.Certificate is { } certificate ? [CertificateSummary.Of(certificate.Leaf), .. certificate.Context.IntermediateCertificates.Select(CertificateSummary.Of)] : [],
        };
    }

    /// <summary>Runs all steps. What a peer does wrong is in the report, never an exception.</summary>
    /// <param name="request">Where, and under which certificate.</param>
    /// <param name="onStep">Is told of each step when it has ended; may be null.</param>
    /// <exception cref="ArgumentException">The URL is not https.</exception>
    public static async Task<DiagnosisReport> RunAsync(DiagnosisRequest request, Action<DiagnosisStep>? onStep = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Url.IsAbsoluteUri || request.Url.Scheme != Uri.UriSchemeHttps)
        {
            throw new ArgumentException($"'{request.Url}' is no https URL.", nameof(request));
        }

        var diagnosis = new OriginDiagnosis(request, onStep);
        await diagnosis.WalkAsync().ConfigureAwait(false);
        diagnosis.SkipWhatIsLeft();
        return DiagnosisConclusion.Conclude(diagnosis._report with { Steps = diagnosis._steps }, request);
    }

    private async Task WalkAsync()
    {
        // :: Step 1: DNS
        var started = Stopwatch.GetTimestamp();
        var (addresses, source, noAddress) = await OriginAddresses.ResolveAsync(_request, _host).ConfigureAwait(false);
        if (!End(DiagnosisStepKind.Dns, started, noAddress, $"{string.Join(", ", addresses.Select(static address => address.ToString()))}{(source.Length > 0 ? $" ({source})" : "")}"))
        {
            return;
        }

        // :: Step 2: TCP
        started = Stopwatch.GetTimestamp();
        var attempts = await OriginAddresses.ConnectAsync(addresses, _request.Url.Port, _request.ConnectTimeout, _request.Time).ConfigureAwait(false);
        var connected = attempts.FirstOrDefault(static attempt => attempt.Socket is not null);
        foreach (var other in attempts.Where(attempt => attempt != connected))
        {
            other.Socket?.Dispose();
        }

        var tried = string.Join("; ", attempts.Select(static attempt => attempt.Failure?.Detail.TrimEnd('.') ?? $"{attempt.EndPoint} connected ({Milliseconds(attempt.Duration)})"));
        var unreachable = connected is null ? attempts[^1].Failure : null;
        if (!End(DiagnosisStepKind.Tcp, started, unreachable, attempts.Length == 1 && unreachable is not null ? "" : tried, attempts.Any(static attempt => attempt.Failure is not null)))
        {
            return;
        }

        // :: Step 3: TLS without a certificate
        var bare = new ProbeConnection(connected!.Socket!, _options with { CertificateContext = null, CertificateName = null }, _roots, _request.Time);
        await using (bare.ConfigureAwait(false))
        {
            var silence = await WithoutCertificateAsync(bare).ConfigureAwait(false);
            if (_report.Failure is not null)
            {
                return;
            }

            if (_request.Certificate is null)
            {
                Skip(DiagnosisStepKind.TlsWithCertificate, "no certificate is given (--mtls-certificate NAME)");
                await AskAsync(bare).ConfigureAwait(false);
                return;
            }

            // :: Step 4: TLS with the certificate
            await WithCertificateAsync(connected.EndPoint).ConfigureAwait(false);
            if (silence is not null)
            {
                TakeSilence(await silence.ConfigureAwait(false));
            }
        }
    }

    // The read that shows whether a connection without a certificate lasts goes on while the next steps run; null when there is nothing to wait for.
    private async Task<Task<ProbeRead>?> WithoutCertificateAsync(ProbeConnection bare)
    {
        var started = Stopwatch.GetTimestamp();
        var failure = await bare.HandshakeAsync().ConfigureAwait(false);
        _report = _report with
        {
            WithoutCertificate = bare.Facts,
            OriginChain = bare.OriginChain,
            CertificateRequested = bare.CertificateRequested,
            AcceptableIssuers = bare.CertificateRequested == true ? bare.AcceptableIssuers : null,
            IssuerAdvertised = _request.Certificate is { } certificate ? AlbReasonPrediction.IsAdvertised(certificate, bare.AcceptableIssuers) : null,
        };
        var asked = bare.CertificateRequested switch
        {
            true => "a client certificate is asked for",
            false => "no client certificate is asked for",
            null => "",
        };
        var told = Join(Describe(bare.Facts), asked);
        if (failure is not null && bare.CertificateRequested == true && (failure.Outcome == Outcome.TlsAlertReceived || failure.Outcome == Outcome.HandshakeTerminated))
        {
            // TLS 1.2 refuses a client without a certificate here, before SslStream judges the origin; we have judged it.
            _report = _report with { CertificateRequired = true, RefusalWithoutCertificate = failure.Detail };
            var verdict = bare.OriginChain is { Trusted: false, Next: { } next } untrusted ? new Failure(Outcome.TlsCertificateError, untrusted.Why, next) : _request.Certificate is null ? failure : null;
            End(DiagnosisStepKind.TlsWithoutCertificate, started, verdict, verdict == failure ? told : Join(told, "refused without one"));
            return null;
        }

        return End(DiagnosisStepKind.TlsWithoutCertificate, started, failure, told) && bare.CertificateRequested == true && _request.Certificate is not null
            ? bare.ReadAsync(new byte[16], _request.SilenceTimeout)
            : null;
    }

    private void TakeSilence(ProbeRead read)
    {
        var required = IsRefusal(read);
        _report = _report with
        {
            CertificateRequired = required,
            RefusalWithoutCertificate = read.Failure?.Detail ?? (required ? "The origin closed the connection without a word after the TLS handshake." : null),
        };
    }

    private async Task WithCertificateAsync(IPEndPoint endPoint)
    {
        var started = Stopwatch.GetTimestamp();
        var again = await OriginAddresses.ConnectAsync(endPoint, _request.ConnectTimeout, _request.Time).ConfigureAwait(false);
        if (again.Socket is null)
        {
            End(DiagnosisStepKind.TlsWithCertificate, started, again.Failure, "");
            return;
        }

        started = Stopwatch.GetTimestamp();
        var connection = new ProbeConnection(again.Socket, _options, _roots, _request.Time);
        await using (connection.ConfigureAwait(false))
        {
            var failure = await connection.HandshakeAsync().ConfigureAwait(false);
            _report = _report with
            {
                WithCertificate = connection.Facts,
                OriginChain = _report.OriginChain ?? connection.OriginChain,
                CertificateRequested = _report.CertificateRequested ?? connection.CertificateRequested,
                AcceptableIssuers = _report.AcceptableIssuers ?? connection.AcceptableIssuers,
            };
            var sent = _report.CertificateRequested == false ? "not sent, as it was not asked for" : $"'{_options.CertificateName}' sent, {Count(_report.PresentedChain.Count, "certificate")}";
            if (End(DiagnosisStepKind.TlsWithCertificate, started, failure, Join(Describe(connection.Facts), sent)))
            {
                await AskAsync(connection).ConfigureAwait(false);
            }
        }
    }

    private async Task AskAsync(ProbeConnection connection)
    {
        // :: Step 5: the first read
        var reader = new AnswerReader(connection, _request);
        var started = Stopwatch.GetTimestamp();
        var first = await reader.ReadFirstAsync().ConfigureAwait(false);
        if (_request.Certificate is null && _report.CertificateRequested == true && IsRefusal(first))
        {
            _report = _report with { CertificateRequired = true };
        }

        if (!End(DiagnosisStepKind.FirstRead, started, first.Bytes > 0 ? null : DescribeSilence(first), first.Bytes > 0 ? "the first byte of the answer" : ""))
        {
            return;
        }

        // :: Step 6: the answer
        started = Stopwatch.GetTimestamp();
        var (answer, failure) = await reader.ReadAnswerAsync().ConfigureAwait(false);
        _report = _report with { Answer = answer };
        End(DiagnosisStepKind.Get, started, failure, answer is null ? "" : Join($"{answer.Status} {answer.Reason}".TrimEnd(), answer.Server is { } server ? $"Server: {server}" : "", answer.Excerpt is { } excerpt ? $"\"{excerpt}\"" : ""), answer?.Status >= 400);
    }

    private static bool IsRefusal(ProbeRead read) => read.Status is IoStatus.TlsAlert or IoStatus.End or IoStatus.TlsTruncated or IoStatus.Reset;

    private Failure DescribeSilence(ProbeRead read) => read switch
    {
        { Failure: { } failure } => failure,
        { Status: IoStatus.TimedOut } => new Failure(Outcome.ResponseTimeout, $"{_request.Url.Authority} sent no byte of an answer in {_request.ResponseTimeout.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s.", "Look at the origin and at what stands behind it."),
        { Status: IoStatus.Reset } => new Failure(Outcome.ClosedUnconfirmed, $"{_request.Url.Authority} reset the connection before a byte of an answer.", "Look at the origin's log."),
        _ => new Failure(Outcome.ClosedUnconfirmed, $"{_request.Url.Authority} closed the connection before a byte of an answer.", "Look at the origin's log."),
    };

    // True: go on.
    private bool End(DiagnosisStepKind kind, long started, Failure? failure, string detail, bool doubtful = false)
    {
        var result = failure is not null ? StepResult.Failed : doubtful ? StepResult.Warning : StepResult.Ok;
        Add(new DiagnosisStep(kind, result, Stopwatch.GetElapsedTime(started), failure is null ? detail : detail.Length == 0 ? failure.Detail : $"{detail}; {failure.Detail}", failure));
        _report = _report with { Failure = failure };
        return failure is null;
    }

    private void Skip(DiagnosisStepKind kind, string why) => Add(new DiagnosisStep(kind, StepResult.Skipped, TimeSpan.Zero, why));

    private void SkipWhatIsLeft()
    {
        foreach (var kind in Enum.GetValues<DiagnosisStepKind>().Where(kind => !_steps.Exists(step => step.Kind == kind)))
        {
            Skip(kind, "not reached");
        }
    }

    private void Add(DiagnosisStep step)
    {
        _steps.Add(step);
        _onStep?.Invoke(step);
    }

    private static string Describe(HandshakeFacts facts) => facts.Protocol is null ? "" : Join(
        facts.Protocol,
        facts.Cipher!,
        facts.Group ?? "",
        facts.HelloRetryRequest ? "after a HelloRetryRequest" : "",
        facts.Resumed == true ? "resumed session" : "full handshake");

    private static string Join(params string[] parts) => string.Join(", ", parts.Where(static part => part.Length > 0));

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : string.Create(CultureInfo.InvariantCulture, $"{count} {noun}s");

    private static string Milliseconds(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.0} ms");
}
