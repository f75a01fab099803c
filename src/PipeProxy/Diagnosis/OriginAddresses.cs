using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PipeProxy.Telemetry;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy.Diagnosis;

/// <summary>The first two steps: the name's addresses, and a TCP connection to each of them.</summary>
internal static class OriginAddresses
{
    /// <summary>All addresses of the request's host, or why there are none.</summary>
    internal static async Task<(IPAddress[] Addresses, string Source, Failure? Failure)> ResolveAsync(DiagnosisRequest request, string host)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return ([literal], "an address already", null);
        }

        if (request.Addresses is { Count: > 0 } configured)
        {
            return ([.. configured.Select(static text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>()], "from 'resolve', not asked of DNS", null);
        }

        try
        {
            // getaddrinfo cannot be given up, so it is left behind when it is late.
            var addresses = await Task.Run(() => Dns.GetHostAddressesAsync(host)).WaitAsync(request.ConnectTimeout, request.Time).ConfigureAwait(false);
            return addresses.Length > 0 ? (addresses, "", null) : ([], "", OriginResolver.DescribeError(host, new SocketException((int)SocketError.HostNotFound)));
        }
        catch (TimeoutException)
        {
            return ([], "", OriginResolver.DescribeTimeout(host, request.ConnectTimeout));
        }
        catch (SocketException e)
        {
            return ([], "", OriginResolver.DescribeError(host, e));
        }
    }

    /// <summary>Connects to every address at once; the results are in the addresses' order.</summary>
    internal static Task<ConnectAttempt[]> ConnectAsync(IEnumerable<IPAddress> addresses, int port, TimeSpan timeout, TimeProvider time)
        => Task.WhenAll(addresses.Select(address => ConnectAsync(new IPEndPoint(address, port), timeout, time)));

    /// <summary>Connects to one address.</summary>
    internal static async Task<ConnectAttempt> ConnectAsync(IPEndPoint endPoint, TimeSpan timeout, TimeProvider time)
    {
        var started = Stopwatch.GetTimestamp();
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var deadline = new CancellationTokenSource(timeout, time);
        try
        {
            await socket.ConnectAsync(endPoint, deadline.Token).ConfigureAwait(false);
            return new ConnectAttempt(endPoint, socket, Stopwatch.GetElapsedTime(started), null);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            socket.Dispose();
            var status = e is SocketException failed ? SystemSocket.StatusOf(failed.SocketErrorCode) : IoStatus.TimedOut;
            return new ConnectAttempt(endPoint, null, Stopwatch.GetElapsedTime(started), UpstreamDialer.DescribeConnect(status, endPoint, timeout));
        }
    }
}

/// <summary>One address tried.</summary>
internal sealed record ConnectAttempt(IPEndPoint EndPoint, Socket? Socket, TimeSpan Duration, Failure? Failure);
