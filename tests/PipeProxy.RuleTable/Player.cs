using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.RuleTable;

/// <summary>Plays a vector to a proxy and says in a word or two what came of it.</summary>
internal static class Player
{
    // Long enough for a machine that does other work; only what waits for more bytes takes it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public static Task<string> PlayAsync(ProxyPeer peer, Http1Vector vector)
        => vector.IsResponse ? PlayResponseAsync(peer, vector) : PlayRequestAsync(peer, vector);

    private static async Task<string> PlayRequestAsync(ProxyPeer peer, Http1Vector vector)
    {
        peer.Origin.Answer(null);
        var before = peer.Origin.Requests;
        using var client = await RawClient.ConnectAsync(peer.Port, Patience);
        await SendAsync(client, vector.Bytes);
        var status = await StatusAsync(client, isHead: false);
        await EndAsync(client);
        var seen = peer.Origin.Requests - before;
        return seen switch
        {
            0 => status,
            1 when status == "200" => "passed",
            1 => $"passed, then {status}",
            _ => $"**{seen} requests**",
        };
    }

    private static async Task<string> PlayResponseAsync(ProxyPeer peer, Http1Vector vector)
    {
        peer.Origin.Answer(vector.Wire);
        using var client = await RawClient.ConnectAsync(peer.Port, Patience);
        var isHead = vector.RequestMethod == HttpMethodKind.Head;
        await SendAsync(client, System.Text.Encoding.ASCII.GetBytes($"{(isHead ? "HEAD" : "GET")} / HTTP/1.1\r\nHost: a\r\n\r\n"));
        var status = await StatusAsync(client, isHead);
        return status.StartsWith('5') ? status : vector.Wire.StartsWith($"HTTP/1.1 {status}", StringComparison.Ordinal) ? "passed" : status;
    }

    private static async Task<string> StatusAsync(RawClient client, bool isHead)
    {
        try
        {
            var response = await client.ReadResponseAsync(isHead);
            while (response.StatusCode is >= 100 and < 200 and not 101)
            {
                response = await client.ReadResponseAsync(isHead);
            }

            return response.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (TimeoutException)
        {
            return "waits";
        }
        catch (RawClientException)
        {
            return client.End == ConnectionEnd.None ? "no HTTP/1.1 answer" : "cut";
        }
    }

    // No more requests: a proxy that has found a second one in these bytes serves it before it closes, too.
    private static async Task EndAsync(RawClient client)
    {
        try
        {
            client.ShutdownSend();
            await client.ReadToEndAsync();
        }
        catch (Exception e) when (e is TimeoutException or RawClientException or System.Net.Sockets.SocketException)
        {
        }
    }

    // Who refuses early closes early.
    private static async Task SendAsync(RawClient client, byte[] wire)
    {
        try
        {
            await client.SendAsync(wire);
        }
        catch (IOException)
        {
        }
    }
}
