using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Plays the cases of <see cref="DesyncCase"/> to a live proxy, when they are at hand. The vectors cover the same ground without them.</summary>
public sealed class DesyncTests
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task Severe_Is400AndEndsTheConnection_AndWhatReachesTheOriginIsCompliant(TestBuffers buffers)
    {
        var cases = DesyncCase.ReadAll();
        Assert.SkipWhen(cases is null, "No folder with the cases of HTTP Desync Guardian.");
        Assert.True(cases.Count > 80, $"Only {cases.Count} cases were read.");
        List<string> heads = [];
        await using var origin = ByteOrigin.Start(connection => ServeAsync(connection, heads));
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        foreach (var item in cases)
        {
            heads.Clear();
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(item.ToWire());
            var response = await client.ReadResponseAsync(isHead: item.Method == "HEAD");

            if (response.StatusCode >= 400)
            {
                Assert.True(item.Tier != "Severe" || response.StatusCode == 400, $"{item.Name} is answered {response.StatusCode}.");
                Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
                Assert.Empty(heads);
            }
            else
            {
                Assert.True(item.Tier is not ("Severe" or "Ambiguous"), $"{item.Name} is {item.Tier}, and was served.");
                Assert.Equal((item.Name, "", 1), (item.Name, FaultOf(heads[0]), heads.Count));
            }
        }
    }

    // What the classifier would not call Compliant, in words; empty when there is nothing.
    private static string FaultOf(string head)
    {
        string[] lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] start = lines[0].Split(' ');
        var fields = lines.Skip(1).Select(static line => line.Split(':', 2)).ToList();
        var lengths = fields.Where(static field => Letters(field[0]) == "contentlength").ToList();
        var codings = fields.Where(static field => Letters(field[0]) == "transferencoding").ToList();
        return start.Length != 3 || start[2] != "HTTP/1.1" ? "request line"
            : !start[0].All(static c => TokenCharacters.Contains(c, StringComparison.Ordinal)) ? "method"
            : start[1].Any(static c => c is <= ' ' or >= '\u007f' or '#') ? "target"
            : fields.Exists(static field => field.Length < 2 || field[0].Length == 0 || !field[0].All(static c => TokenCharacters.Contains(c, StringComparison.Ordinal))) ? "field name"
            : fields.Exists(static field => field[1].Any(static c => c is (< ' ' and not '\t') or '\u007f')) ? "field value"
            : lengths.Count + codings.Count > 1 ? "more than one framing field"
            : lengths.Exists(static field => field[0] != "Content-Length" || !field[1].Trim().All(char.IsAsciiDigit)) ? "Content-Length"
            : codings.Exists(static field => field[0] != "Transfer-Encoding" || field[1] != " chunked") ? "Transfer-Encoding"
            : start[0] is "GET" or "HEAD" && lengths.Count + codings.Count > 0 ? "body of a GET or HEAD"
            : "";
    }

    private static string Letters(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    private static async Task ServeAsync(OriginConnection connection, List<string> heads)
    {
        while (await connection.TryReadHeadAsync() is { } head)
        {
            heads.Add(head);
            if (head.Contains("\r\nTransfer-Encoding: chunked\r\n", StringComparison.Ordinal))
            {
                await connection.ReadThroughAsync("0\r\n\r\n");
            }
            else if (head.Split("\r\n").SingleOrDefault(static line => line.StartsWith("Content-Length: ", StringComparison.Ordinal)) is { } line)
            {
                await connection.ReadExactlyAsync(int.Parse(line.AsSpan("Content-Length: ".Length), System.Globalization.CultureInfo.InvariantCulture));
            }

            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    }
}
