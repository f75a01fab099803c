using System.Net.Security;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>Does the server's side of TLS for https listeners.</summary>
internal sealed class TlsAcceptor(HandshakeWorkers workers, HandshakeRate? rate = null)
{
    private static readonly ServerOptionsSelectionCallback Select = static (_, hello, state, _) => new(((Acceptance)state!).OptionsFor(hello.ServerName));

    /// <summary>Does the handshake as server. Called on the connection's loop and completes there; when it fails, the socket is closed.</summary>
    /// <remarks>A client certificate that is refused does not fail it: <see cref="TlsResult.Client"/> has the refusal.</remarks>
    internal async ValueTask<TlsResult> AcceptAsync(SocketConnection socket, TlsServerOptions options)
    {
        var peer = new TlsPeer(null, socket.RemoteEndPoint, null, null);
        var handshake = new TlsHandshake(socket, workers, peer);
        handshake.StartDeadline(options.HandshakeTimeout);

        // Whoever says nothing costs a socket and this: no worker's place, no SslStream.
        var begun = await socket.ReadAsync(Memory<byte>.Empty);
        var wait = rate is null || !begun.IsOk ? TimeSpan.Zero : rate.Take(options.HandshakeTimeout);
        if (wait > TimeSpan.Zero)
        {
            await HandshakeRate.WaitAsync(socket.Loop, wait.Value);
        }

        if (!begun.IsOk || wait is null || socket.IsClosed)
        {
            return handshake.GiveUp(wait is null ? $"more than {rate!.PerSecond} handshakes per second came (limits.handshakesPerSecond)" : null);
        }

        var acceptance = new Acceptance(options);
        var result = await handshake.RunAsync(ssl => ssl.AuthenticateAsServerAsync(Select, acceptance, CancellationToken.None), options.HandshakeTimeout, null, static _ => null);
        return result with { Client = acceptance.Verdict };
    }

    private sealed class Acceptance(TlsServerOptions options)
    {
        internal ClientVerdict? Verdict { get; } = options.Clients is { } clients ? new ClientVerdict(clients.Mode) : null;

        internal SslServerAuthenticationOptions OptionsFor(string serverName)
            => Verdict is null ? options.For(serverName) : options.Clients!.Ask(options.For(serverName), Verdict);
    }
}
