using System.Net.Security;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>Does the server's side of TLS for https listeners.</summary>
internal sealed class TlsAcceptor(HandshakeWorkers workers)
{
    private static readonly ServerOptionsSelectionCallback Select = static (_, hello, state, _) => new(((TlsServerOptions)state!).For(hello.ServerName));

    /// <summary>Does the handshake as server. Called on the connection's loop and completes there; when it fails, the socket is closed.</summary>
    internal ValueTask<TlsResult> AcceptAsync(SocketConnection socket, TlsServerOptions options)
    {
        var peer = new TlsPeer(null, socket.RemoteEndPoint, null, null);
        var handshake = new TlsHandshake(socket, workers, peer);
        return handshake.RunAsync(ssl => ssl.AuthenticateAsServerAsync(Select, options, CancellationToken.None), options.HandshakeTimeout, null, static _ => null);
    }
}
