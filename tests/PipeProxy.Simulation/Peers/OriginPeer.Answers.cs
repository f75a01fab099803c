using System.Globalization;
using System.Text;

namespace PipeProxy.Simulation.Peers;

/// <content>Answers of every shape, and leaving at the wrong moment.</content>
internal sealed partial class OriginPeer
{
    private void Think()
    {
        var random = World.Random;
        var time = random.Next(1000) switch
        {
            < 900 => random.Between(1, 300),
            < 990 => random.Between(300, 60_000),
            < 998 => random.Between(60_000, 700_000),
            _ => 5_000_000,
        };
        World.After(time, Respond);
    }

    private void Respond()
    {
        if (Gone || _request is not { } request)
        {
            return;
        }

        var random = World.Random;
        if (random.Chance(10))
        {
            // It dies over the request.
            End(reset: random.Chance(500));
            return;
        }

        if (random.Chance(30))
        {
            SendData("HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n"u8);
        }

        var bytes = random.Next(1000) switch
        {
            < 200 => 0,
            < 950 => random.Between(1, 1500),
            < 998 => random.Between(1500, 20_000),
            _ => random.Between(20_000, 150_000),
        };
        var shape = random.Next(100);
        var withBody = request.Method != "HEAD" && shape >= 10;
        _closeAfter |= random.Chance(40);
        var head = new StringBuilder(128).Append("HTTP/1.1 ").Append(shape < 5 ? "204 No Content" : shape < 10 ? "304 Not Modified" : "200 OK")
            .Append("\r\nX-Token: ").Append(CultureInfo.InvariantCulture, $"{request.Token}").Append("\r\n");
        var chunked = false;
        if (withBody)
        {
            chunked = shape is >= 10 and < 40;
            if (chunked)
            {
                head.Append("Transfer-Encoding: chunked\r\n");
            }
            else if (shape < 97)
            {
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {bytes}\r\n");
            }
            else
            {
                // Ends with the connection. Without records nobody can tell a cut end from a whole one.
                _closeAfter = true;
                head.Append(_origin.Secured ? "" : "X-Unsure: 1\r\n");
            }
        }

        head.Append(CultureInfo.InvariantCulture, $"X-Bytes: {(withBody ? bytes : 0)}\r\n");
        var saysClose = _closeAfter && random.Chance(700);
        if (saysClose)
        {
            head.Append("Connection: close\r\n");
        }

        SendData(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        if (withBody)
        {
            SendBody(request, bytes, chunked);
        }

        _request = null;
        (_freeSince, _freeTime) = (World.Moment, World.Now);
        AfterAnswer(saysClose);
    }

    private void SendBody(SimulatedRequest request, int bytes, bool chunked)
    {
        var data = new byte[bytes];
        for (var i = 0; i < bytes; i++)
        {
            data[i] = request.ResponseByte(i);
        }

        if (!chunked)
        {
            SendData(data);
            return;
        }

        for (var sent = 0; sent < bytes;)
        {
            var length = Math.Min(bytes - sent, World.Random.Between(1, 3000));
            SendData(Encoding.ASCII.GetBytes(length.ToString("x", CultureInfo.InvariantCulture) + (World.Random.Chance(50) ? ";a=b" : "") + "\r\n"));
            SendData(data.AsSpan(sent, length));
            SendData("\r\n"u8);
            sent += length;
        }

        SendData(World.Random.Chance(100) ? "0\r\nX-Trailer: 1\r\n\r\n"u8 : "0\r\n\r\n"u8);
    }

    private void AfterAnswer(bool saysClose)
    {
        var random = World.Random;
        if (_closeAfter)
        {
            _leaving = true;
            if (_origin.Secured)
            {
                Send([SimulatedHandshake.CloseNotify, 0, 0]);
            }

            // Whoever said so waits for what is still on its way; whoever did not leaves a connection that looks alive.
            EndSending();
            World.After(saysClose ? 100_000 : random.Next(1000), () => End(reset: false));
            return;
        }

        if (random.Chance(5))
        {
            // What nobody asked for: it must not become the next request's answer.
            var idle = _idle;
            World.After(random.Between(1, 20_000), () =>
            {
                if (idle == _idle && _request is null)
                {
                    SendData("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"u8);
                    End(reset: false);
                }
            });
        }
        else if (random.Chance(150))
        {
            // The idle timeout of an origin, in a race with the next request.
            var idle = _idle;
            World.After(random.Between(10, random.Chance(500) ? 3000 : 3_000_000), () =>
            {
                if (idle == _idle && _request is null && !Gone)
                {
                    if (_origin.Secured && random.Chance(700))
                    {
                        Send([SimulatedHandshake.CloseNotify, 0, 0]);
                    }

                    End(reset: random.Chance(200));
                }
            });
        }

        Read();
    }
}
