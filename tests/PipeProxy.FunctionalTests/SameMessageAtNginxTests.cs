using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Whatever is forwarded is read by nginx as the message that was read here: as many requests, with the same method, target, fields and body.</summary>
/// <remarks>The messages are wire vectors, whole and damaged, from a seed that a failure names. PIPEPROXY_FUZZ_SEED takes another, PIPEPROXY_FUZZ_MESSAGES makes the run longer.</remarks>
public sealed partial class SameMessageAtNginxTests
{
    private const int Seed = 20261126;
    private const int Messages = 1500;

    // Of the hop, or written by the proxy itself.
    private static readonly HashSet<string> OfTheHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Content-Length", "Transfer-Encoding", "TE", "Keep-Alive", "Expect", "Upgrade", "Max-Forwards",
        "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id",
    };

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task WhatIsForwarded_IsTheSameMessageToNginx(TestBuffers buffers)
    {
        ConcurrentQueue<Message> seen = new();
        await using var origin = ByteOrigin.Start(connection => RecordAsync(connection, seen));
        await using var nginx = await NginxRelay.StartAsync(origin.Port);
        await using var proxy = await TestProxy.StartAsync(nginx.Url, buffers);
        var vectors = Http1Vectors.Requests.Where(static vector => vector.Wire.Length < 2048).ToList();
        var accepted = vectors.FindAll(static vector => vector.IsAccepted);
        var seed = int.TryParse(Environment.GetEnvironmentVariable("PIPEPROXY_FUZZ_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Seed;
        var random = new Random(seed);
        var count = int.TryParse(Environment.GetEnvironmentVariable("PIPEPROXY_FUZZ_MESSAGES"), CultureInfo.InvariantCulture, out var wanted) ? wanted : Messages;
        var forwarded = 0;
        for (var i = 0; i < count; i++)
        {
            // Each vector as it is, then good ones damaged; some with another message behind.
            var wire = i < vectors.Count ? vectors[i].Bytes : WireMutator.Mutate(accepted[random.Next(accepted.Count)].Bytes, vectors[random.Next(vectors.Count)].Bytes, random);
            byte[] sent = i % 3 == 0 ? [.. wire, .. accepted[random.Next(accepted.Count)].Bytes] : wire;
            seen.Clear();
            var answers = await PlayAsync(proxy, sent);
            var expected = ExpectedOf(sent, answers);

            Assert.True(
                expected.SequenceEqual(seen.Select(static message => message.ToString())),
                $"Message {i} from seed {seed}: {WireText.Show(sent)}\nread here:\n{string.Join('\n', expected)}\nread by nginx:\n{string.Join('\n', seen)}\nanswers: {string.Join(", ", answers)}");
            forwarded += expected.Count;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} messages, {forwarded} requests forwarded.");
        Assert.True(forwarded > count / 10, $"Only {forwarded} requests were forwarded.");
    }

    // The answers' statuses in order, nginx's own refusals as negative numbers.
    private static async Task<List<int>> PlayAsync(TestProxy proxy, byte[] wire)
    {
        using var client = await proxy.ConnectAsync();
        try
        {
            await client.SendAsync(wire);
            client.ShutdownSend();
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            // Refused before the end.
        }

        var end = await client.ReadToEndAsync();
        return [.. Head().Matches(end.Text).Select(static head => int.Parse(head.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            * (head.Groups[1].Value != "200" && head.Value.Contains("\r\nServer: nginx", StringComparison.Ordinal) ? -1 : 1)).Where(static status => status is < 100 or > 199)];
    }

    // What the origin must have seen, one after the other, of a connection that was answered so.
    private static List<string> ExpectedOf(byte[] wire, List<int> answers)
    {
        List<string> expected = [];
        var position = 0;
        foreach (var status in answers)
        {
            var message = wire[position..];
            var verdict = MessageReader.Read(message, [message.Length], isResponse: false);
            if (status == 200)
            {
                expected.Add(Message.Of(message, verdict.Body).ToString());
            }
            else if (status < 0)
            {
                // nginx knows methods in capitals only. All else that we forward it must take.
                Assert.True(status == -400 && !NginxMethod().IsMatch(Encoding.Latin1.GetString(message)), $"nginx answers {-status} to {WireText.Show(message)}");
            }

            position += verdict.Length;
        }

        return expected;
    }

    private static async Task RecordAsync(OriginConnection connection, ConcurrentQueue<Message> seen)
    {
        while (await connection.TryReadHeadAsync() is { } head)
        {
            var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            var start = lines[0].Split(' ');
            var fields = lines.Skip(1).Select(static line => line.Split(':', 2)).Select(static field => (Name: field[0], Value: field[1])).ToList();
            var length = fields.Find(static field => field.Name == "Content-Length").Value;
            var body = length is null ? "" : await connection.ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture));
            seen.Enqueue(new Message(start[0], start[1], fields, body));
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    }

    [GeneratedRegex(@"HTTP/1\.1 ([0-9]{3}) [^\n]*\r\n([^\r\n]+\r\n)*\r\n")]
    private static partial Regex Head();

    [GeneratedRegex(@"\A[\r\n]*[A-Z_-]+ ")]
    private static partial Regex NginxMethod();

    private sealed record Message(string Method, string Target, List<(string Name, string Value)> Fields, string Body)
    {
        public static Message Of(byte[] wire, string body)
        {
            var head = new RequestHead();
            Assert.Equal(ParseStatus.Done, Http1Parser.ParseRequest(wire, head, HeadLimits.Default, out _));
            head.Attach(wire);
            var written = Encoding.Latin1.GetString(MessageRewriter.Rewrite(wire, isResponse: false)!);
            var lines = written[..written.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n").Skip(1).Select(static line => line.Split(':', 2));
            var path = Encoding.Latin1.GetString(head.Path);
            var query = Encoding.Latin1.GetString(head.Query);
            return new Message(Encoding.Latin1.GetString(head.MethodSpan), (path.Length == 0 ? "/" : path) + query, [.. lines.Select(static field => (field[0], field[1]))], body);
        }

        public override string ToString()
            => $"{Method} {Target}\n{string.Join('\n', Fields.Where(static field => !OfTheHop.Contains(field.Name)).Select(static field => $"{field.Name}: {field.Value.Trim(' ', '\t')}"))}\n{Body}";
    }
}
