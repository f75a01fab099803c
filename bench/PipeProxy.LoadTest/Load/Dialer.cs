using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>A connection that is ready for a request, or why there is none.</summary>
internal readonly record struct DialResult(LoopStream? Stream, SocketErrorKind Kind, string Reason);

/// <summary>Opens connections to one origin: TCP, then TLS with a client certificate.</summary>
internal sealed class Dialer(Origin origin, LoadPlan plan, HandshakeWorkers? workers)
{
    private readonly TlsClientOptions[] _tls = origin.IsTls ? OptionsOf(origin, plan) : [];
    private int _dialled = -1;

    /// <summary>Called on the loop and completes there.</summary>
    /// <param name="loop">The loop that will own the connection.</param>
    /// <param name="number">The connection's, for its certificate and its address.</param>
    internal async ValueTask<DialResult> OpenAsync(EventLoop loop, int number)
    {
        // Loops share the count, so that a rotation goes through all certificates before it repeats one.
        var turn = DialTurn.Of(plan.Tls.Rotate ? (uint)Interlocked.Increment(ref _dialled) : (uint)number, Math.Max(_tls.Length, 1), origin.Addresses.Count);
        var address = origin.Addresses[turn.Address];
        var connected = await loop.ConnectAsync(address, plan.Timeout);
        if (connected.Connection is not { } socket)
        {
            return new DialResult(null, SocketErrorKind.Connect, connected.Status == IoStatus.NoDescriptor
                ? $"the system's limit of {DescriptorLimit.Current} open descriptors (ulimit -n) is reached"
                : $"{address}: {Words.Of(connected.Status)}");
        }

        return origin.IsTls ? await SecureAsync(socket, _tls[turn.Certificate]) : new DialResult(socket, default, "");
    }

    private async ValueTask<DialResult> SecureAsync(SocketConnection socket, TlsClientOptions options)
    {
        var verdict = new OriginVerdict(options.ServerName);
        var handshake = new TlsHandshake(socket, workers!, new TlsPeer(options.ServerName, socket.RemoteEndPoint, options.CertificateName, options.CertificateContext));
        var result = await handshake.RunAsync(ssl => ssl.AuthenticateAsClientAsync(ForHandshake(options, verdict)), options.HandshakeTimeout, verdict, static _ => null);
        return new DialResult(result.Connection, SocketErrorKind.Tls, result.Failure?.Detail ?? "");
    }

    [SuppressMessage("Security", "CA5359", Justification = "That is what --insecure asks for; a load generator has nothing to protect there.")]
    private SslClientAuthenticationOptions ForHandshake(TlsClientOptions options, OriginVerdict verdict)
    {
        var handshake = options.ForHandshake(verdict);
        handshake.AllowTlsResume = options.Resume;
        if (plan.Tls.Insecure)
        {
            handshake.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }

        return handshake;
    }

    private static TlsClientOptions[] OptionsOf(Origin origin, LoadPlan plan)
    {
        var common = new TlsClientOptions
        {
            ServerName = plan.Tls.ServerName ?? origin.Url.DnsSafeHost,
            TrustedRoots = plan.Tls.TrustedRoots,
            Protocols = plan.Tls.Protocols,
            Resume = plan.Tls.Resume,
            HandshakeTimeout = plan.Timeout,
        };
        return plan.Tls.Identities.Count == 0
            ? [common]
            : [.. plan.Tls.Identities.Select(identity => common with { CertificateContext = identity.Context, CertificateName = identity.Name })];
    }
}
