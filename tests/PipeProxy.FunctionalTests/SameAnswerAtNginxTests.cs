using System.Globalization;
using System.Text;
using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Whatever answer is passed on is read by nginx as the answer that a client reads here: as many, with the same status, fields and body; and one that is cut short is whole to neither.</summary>
/// <remarks>The answers are wire vectors, whole and damaged, from a seed that a failure names. PIPEPROXY_FUZZ_SEED takes another, PIPEPROXY_FUZZ_MESSAGES makes the run longer.</remarks>
public sealed class SameAnswerAtNginxTests
{
    private const int Seed = 20261126;
    private const int Messages = 1000;

    // Of the hop, or nginx's own. nginx orders fields anew, obeys X-Accel-*, and drops trailers.
    private static readonly HashSet<string> OfTheHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding", "Trailer", "Date", "Server", "X-Request-Id",
    };

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task WhatIsPassedOn_IsTheSameAnswerToNginx(TestBuffers buffers)
    {
        byte[] wire = [];
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(wire);
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        await using var nginx = await NginxRelay.StartAsync(proxy.Port);
        var vectors = Http1Vectors.Responses.Where(static vector => vector.Wire.Length < 2048 && !vector.Name.StartsWith('1')).ToList();
        var accepted = vectors.FindAll(static vector => vector.IsAccepted);
        var seed = int.TryParse(Environment.GetEnvironmentVariable("PIPEPROXY_FUZZ_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Seed;
        var random = new Random(seed);
        var count = int.TryParse(Environment.GetEnvironmentVariable("PIPEPROXY_FUZZ_MESSAGES"), CultureInfo.InvariantCulture, out var wanted) ? wanted : Messages;
        var passed = 0;
        for (var i = 0; i < count; i++)
        {
            // Each vector as it is, then good ones damaged; some with another answer behind, which nobody may see.
            var vector = i < vectors.Count ? vectors[i] : accepted[random.Next(accepted.Count)];
            var one = i < vectors.Count ? vector.Bytes : WireMutator.Mutate(vector.Bytes, vectors[random.Next(vectors.Count)].Bytes, random);
            wire = i % 3 == 0 ? [.. one, .. accepted[random.Next(accepted.Count)].Bytes] : one;
            var method = vector.RequestMethod == HttpMethodKind.Head ? "HEAD" : "GET";

            var here = await AnswerAsync(proxy.Port, method);
            if (here.StartsWith('1'))
            {
                // nginx takes an interim answer for the final one.
                continue;
            }

            var there = await AnswerAsync(nginx.Port, method);
            Assert.True(here == there, $"Answer {i} from seed {seed}: {WireText.Show(wire)}\nread here:\n{here}\nread by nginx:\n{there}");
            passed += here.StartsWith("502", StringComparison.Ordinal) || here == Cut ? 0 : 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} answers, {passed} passed on.");
        Assert.True(passed > count / 10, $"Only {passed} answers were passed on.");
    }

    private const string Cut = "cut";

    private static async Task<string> AnswerAsync(int port, string method)
    {
        using var client = await RawClient.ConnectAsync(port);
        try
        {
            var answer = await client.ExchangeAsync($"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", whole: true);
            var end = await client.ReadToEndAsync();
            Assert.Equal("", end.Text);
            if (end.End == ConnectionEnd.Reset)
            {
                return Cut;
            }

            var fields = answer.Fields.Where(static field => !OfTheHop.Contains(field.Key)).Select(static field => $"{field.Key}: {field.Value}").Order(StringComparer.Ordinal);
            return answer.StatusCode == 502 ? "502" : $"{answer.StatusCode} {answer.Reason}\n{string.Join('\n', fields)}\n{Encoding.Latin1.GetString(answer.Body)}";
        }
        catch (RawClientException)
        {
            return Cut;
        }
    }
}
