using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Org.BouncyCastle.Tls;

namespace AlbSimulator;

/// <summary>One accepted connection on its own thread: handshake, verdict, requests, end.</summary>
internal sealed class ClientConnection : IDisposable
{
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(10);

    private readonly LoadBalancer _owner;
    private readonly LoadBalancerOptions _options;
    private readonly Socket _socket;
    private readonly Wire _wire;
    private readonly TlsServerProtocol _protocol;
    private readonly ListenerTls _tls;
    private readonly IPEndPoint _client;
    private readonly string _traceId = $"TID_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
    private readonly long _accepted = Stopwatch.GetTimestamp();

    public ClientConnection(LoadBalancer owner, LoadBalancerOptions options, ServerIdentity identity, ClientCertificateVerifier? verifier, Socket socket)
    {
        _owner = owner;
        _options = options;
        _socket = socket;
        _client = (IPEndPoint)socket.RemoteEndPoint!;
        _wire = new Wire(socket);
        _protocol = new TlsServerProtocol(_wire);
        _tls = new ListenerTls(options, identity, verifier, _wire, Refused);
    }

    /// <summary>Breaks whatever the connection's thread is waiting for. The thread ends its connection itself otherwise.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _wire.Dispose();
    }

    public void Run()
    {
        if (!TryHandshake())
        {
            return;
        }

        try
        {
            Serve();
            _protocol.Close();
        }
        catch (Exception e) when (e is IOException or TlsException or SocketException or ObjectDisposedException)
        {
            // The client is gone or broke TLS; BouncyCastle has sent what alert there was to send.
        }

        _wire.EndGracefully();
    }

    private bool TryHandshake()
    {
        _wire.SetReadTimeout(HandshakeTime);
        try
        {
            _protocol.Accept(_tls);
        }
        catch (Exception e) when (e is IOException or TlsException or SocketException or ObjectDisposedException)
        {
            if (_tls.Rejection is null)
            {
                Record(RejectionReason.UnmappedConnectionError);
            }

            End();
            return false;
        }

        Record(failure: null);
        _owner.CountHandshake();
        return true;
    }

    private void Refused(Rejection rejection)
    {
        Record(rejection.Reason);
        _owner.Count(rejection);
    }

    private void End()
    {
        if (_tls.Rejection is not null && _options.RejectStyle == RejectStyle.Reset)
        {
            _wire.EndByReset();
        }
        else
        {
            _wire.EndGracefully();
        }
    }

    private void Record(RejectionReason? failure) =>
        _owner.Log?.Write(_client, _owner.Port, _tls, Stopwatch.GetElapsedTime(_accepted), failure, _traceId);

    private void Serve()
    {
        var target = new Target((bytes, count) => _protocol.WriteApplicationData(bytes, 0, count));
        var reader = new HttpRequestReader(Receive);
        var certificateFields = FieldsOfClient();
        _wire.SetReadTimeout(_options.Idle);
        try
        {
            for (long requestNumber = 1; IsRequestComing(reader) && reader.ReadHead() is { } request; requestNumber++)
            {
                if (request.ExpectsContinue)
                {
                    target.SendContinue();
                }

                reader.ReadBody(request);
                _owner.Count(Seen(request, requestNumber));
                bool close = !request.KeepsAlive || Target.EndsWithConnection(request) || Age >= _options.MaxAge;
                target.Answer(request, certificateFields, _traceId, requestNumber, close);
                if (close)
                {
                    return;
                }
            }
        }
        catch (BadRequestException e)
        {
            target.Refuse(e.Status, e.Message);
        }
    }

    private TimeSpan Age => Stopwatch.GetElapsedTime(_accepted);

    /// <summary>False: idle for too long. An end of the connection counts as coming, and is found by reading.</summary>
    private bool IsRequestComing(HttpRequestReader reader) =>
        reader.HasBuffered || _protocol.ApplicationDataAvailable > 0 || _wire.WaitForInput(_options.Idle);

    private int Receive(byte[] buffer)
    {
        int count = _protocol.ReadApplicationData(buffer, 0, buffer.Length);
        _owner.CountRequestBytes(Math.Max(0, count));
        return count;
    }

    private (string Name, string Value)[] FieldsOfClient()
    {
        if (_tls.ClientChain.Count == 0)
        {
            return [];
        }

        return _options.Mode == MutualTlsMode.Verify ? CertificateFields.OfVerified(_tls.ClientChain[0]) : CertificateFields.OfPassedThrough(_tls.ClientChain);
    }

    private SeenRequest Seen(HttpRequest request, long requestNumber)
    {
        var leaf = _tls.ClientChain.Count > 0 ? _tls.ClientChain[0] : null;
        return new SeenRequest(
            leaf is null ? null : CertificateFields.NameOf(leaf.SubjectDN),
            leaf is null ? null : CertificateFields.SerialNumberOf(leaf),
            request.Method,
            request.Target,
            request.Fields,
            request.BodyLength,
            _traceId,
            requestNumber);
    }
}
