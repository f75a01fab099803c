using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Diagnosis;

/// <summary>One connection to the origin: its handshake and what may be read afterwards, by the proxy's own rules but on no loop.</summary>
/// <remarks>A deadline cancels nothing, it closes the socket: the read that waits then ends. Then the connection is over.</remarks>
internal sealed class ProbeConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly ObservedStream _stream;
    private readonly SslStream _ssl;
    private readonly TlsClientOptions _options;
    private readonly TlsPeer _peer;
    private readonly OriginVerdict _verdict;
    private readonly TimeProvider _time;
    private readonly string _roots;
    private bool _late;
    private bool _asked;

    /// <summary>Takes a connected socket over.</summary>
    /// <param name="socket">Connected.</param>
    /// <param name="options">As the proxy would have them; without a certificate context none is presented, and it is seen which one is asked for.</param>
    /// <param name="roots">What the trusted roots are called.</param>
    /// <param name="time">The clock of deadlines.</param>
    internal ProbeConnection(Socket socket, TlsClientOptions options, string roots, TimeProvider time)
    {
        _socket = socket;
        _stream = new ObservedStream(socket);
        _ssl = new SslStream(_stream, leaveInnerStreamOpen: true);
        _options = options;
        _peer = new TlsPeer(options.ServerName, EndPointOf(socket), options.CertificateName, options.CertificateContext);
        _verdict = new OriginVerdict(options.ServerName);
        _roots = roots;
        _time = time;
    }

    /// <summary>What the hellos say.</summary>
    internal HandshakeFacts Facts => _stream.Observer.Facts;

    /// <summary>Version and cipher suite were agreed on; what fails from there on may be about certificates.</summary>
    internal bool CameToCertificates => _stream.Observer.SawServerHello;

    /// <summary>Authorities that the origin accepts; empty when it names none, null when that is unknown.</summary>
    internal IReadOnlyList<string>? AcceptableIssuers { get; private set; }

    /// <summary>The origin's certificates and what we think of them; null when none came.</summary>
    internal OriginChain? OriginChain { get; private set; }

    /// <summary>The origin asked for a client certificate; null when that cannot be known.</summary>
    internal bool? CertificateRequested { get; private set; }

    /// <summary>Does the handshake.</summary>
    /// <returns>Why it failed; null when it did not.</returns>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever SslStream throws becomes a Failure.")]
    internal async Task<Failure?> HandshakeAsync()
    {
        Failure? failure = null;
        await using (DeadlineIn(_options.HandshakeTimeout).ConfigureAwait(false))
        {
            try
            {
                await _ssl.AuthenticateAsClientAsync(SslOptions(), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                failure = TlsFailure.OfHandshake(e, _peer, _stream.Received, _stream.EndStatus, _verdict, _late);
            }
        }

        var observer = _stream.Observer;
        OriginChain ??= OriginChain.Of(observer.OriginCertificates, _options, _verdict, _roots);
        AcceptableIssuers ??= observer.AcceptableIssuers;
        CertificateRequested = _asked || observer.AcceptableIssuers is not null
            ? true
            : !observer.SawServerHello || observer.Facts.Resumed == true || failure is not null
                ? null
                : _options.CertificateContext is null ? false : TlsConnector.CertificateRequested(_stream.Sent, _options);
        return failure;
    }

    /// <summary>Sends bytes; whether they arrive is seen by reading.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A write that fails is never the verdict: what can still be read is.")]
    internal async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _ssl.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Read first.
        }
    }

    /// <summary>Reads what comes, until <paramref name="timeout"/>; then the connection is over.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "What a peer can cause is a value from here on.")]
    internal async Task<ProbeRead> ReadAsync(Memory<byte> buffer, TimeSpan timeout)
    {
        await using (DeadlineIn(timeout).ConfigureAwait(false))
        {
            try
            {
                var bytes = await _ssl.ReadAsync(buffer, CancellationToken.None).ConfigureAwait(false);
                return bytes > 0 ? new ProbeRead(bytes, IoStatus.Ok, null) : new ProbeRead(0, EndOf(_stream.EndStatus), null);
            }
            catch (Exception e)
            {
                var (status, failure) = TlsFailure.Of(e, _peer);
                return _late ? new ProbeRead(0, IoStatus.TimedOut, null) : new ProbeRead(0, status, failure);
            }
        }
    }

    // Nothing below has ended: the end came as TLS has it, by close_notify.
    private static IoStatus EndOf(IoStatus below) => below switch
    {
        IoStatus.Ok => IoStatus.End,
        IoStatus.Reset => IoStatus.Reset,
        _ => IoStatus.TlsTruncated,
    };

    /// <summary>Ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _ssl.DisposeAsync().ConfigureAwait(false);
    }

    private SslClientAuthenticationOptions SslOptions()
    {
        var options = _options.ForHandshake(_verdict);
        options.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            var trusted = _verdict.Judge(sender, certificate, chain, errors);
            if (certificate is X509Certificate2 leaf)
            {
                OriginChain = OriginChain.Of(leaf, chain, _verdict, _roots);
            }

            return trusted;
        };
        if (_options.CertificateContext is null)
        {
            // It is called once before anything is sent, and again, with the origin's certificate, when the origin asks for ours. With a certificate
            // context it is not called at all, so the handshake without a certificate is the one that tells which authorities are advertised.
            options.LocalCertificateSelectionCallback = (_, _, _, remote, issuers) =>
            {
                if (remote is not null)
                {
                    _asked = true;
                    AcceptableIssuers = [.. issuers];
                }

                return null!;
            };
        }

        return options;
    }

    private ITimer DeadlineIn(TimeSpan timeout) => _time.CreateTimer(
        static state =>
        {
            var self = (ProbeConnection)state!;
            self._late = true;
            self._socket.Dispose();
        },
        this,
        timeout,
        Timeout.InfiniteTimeSpan);

    private static EndPoint? EndPointOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : socket.RemoteEndPoint;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}

/// <summary>What one read came to.</summary>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Failure">What TLS is to blame for.</param>
internal readonly record struct ProbeRead(int Bytes, IoStatus Status, Failure? Failure);
