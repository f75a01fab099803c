using System.Buffers;
using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Http1;
using PipeProxy.Routing;

namespace PipeProxy.Tests.Routing;

public sealed class UrlTemplateTests
{
    [Theory]
    [InlineData("https://a.example", "/x?q=1", "/x?q=1")]
    [InlineData("https://a.example/", "/x", "/x")]
    [InlineData("https://a.example/base", "/x", "/base/x")]
    [InlineData("https://a.example/base/", "/x/", "/base/x/")]
    [InlineData("https://a.example/base/", "//x", "/base//x")]
    [InlineData("https://a.example/base", "/", "/base/")]
    [InlineData("https://a.example/base?k=v", "/x?q=1", "/base/x?k=v&q=1")]
    [InlineData("https://a.example/base?k=v", "/x?", "/base/x?k=v")]
    [InlineData("https://a.example", "/x?", "/x?")]
    [InlineData("https://a.example", "/%7Ex/%2f;a=b?%zz", "/%7Ex/%2f;a=b?%zz")]
    [InlineData("https://a.example/${method}", "/x", "/GET/x")]
    public void BaseUrl_TakesPathAndQueryByteForByte(string baseUrl, string target, string expected)
        => Assert.Equal(expected, Write(new RouteHandlerConfig.UrlForward(baseUrl), "/{*rest}", target));

    [Fact]
    public void ForwardSearchFalse_KeepsTheQueryBack()
        => Assert.Equal("/b/x?k=v", Write(new RouteHandlerConfig.UrlForward("https://a.example/b?k=v") { ForwardSearch = false }, "/{*rest}", "/x?q=1"));

    [Theory]
    [InlineData("/v2/${params.id}", "/a/7?q=1", "/v2/7?q=1")]
    [InlineData("/v2/${params.id}/x", "/a/b%2Fc", "/v2/b%2Fc/x")]
    [InlineData("/v2/${params.id}", "/a/b;c=d,e&f", "/v2/b;c=d,e&f")]
    [InlineData("/v2/${params.id}", "/a/100%", "/v2/100%25")]
    [InlineData("/v2/${params.id}", "/a/b%", "/v2/b%25")]
    [InlineData("/v2/${e(params.id)}", "/a/b;c%20", "/v2/b%3Bc%20")]
    [InlineData("/v2?id=${params.id}", "/a/b&c=d?q=1", "/v2?id=b%26c%3Dd&q=1")]
    [InlineData("/v2/${query.q}", "/a/7?q=a/b%3f+c", "/v2/a%2Fb%3f%20c?q=a/b%3f+c")]
    [InlineData("/v2/${query.none}/x", "/a/7?q=1", "/v2//x?q=1")]
    [InlineData("/v2/${headers.get(\"X-Tenant\")}", "/a/7", "/v2/a%2F..%20%25%C3%A9")]
    [InlineData("/v2/${headers.get('none')}", "/a/7", "/v2/")]
    [InlineData("/v2/${context.requestId}/${method}", "/a/7", "/v2/r-1/GET")]
    [InlineData("/v2/${host}/${hostname}/${port}", "/a/7", "/v2/a.example%3A8080/a.example/8080")]
    [InlineData("/v2?u=${encodeURIComponent(url)}", "/a/7?q=1", "/v2?u=https%3A%2F%2Fa.example%3A8080%2Fa%2F7%3Fq%3D1&q=1")]
    [InlineData("/v2?o=${origin}&p=${protocol}", "/a/7", "/v2?o=https%3A%2F%2Fa.example%3A8080&p=https%3A")]
    [InlineData("${pathname}", "/a/7?q=1", "/a/7?q=1")]
    [InlineData("${pathname}${search}", "/a/7?q=1", "/a/7?q=1")]
    [InlineData("/v2?k=v${search}", "/a/7?q=1", "/v2?k=v&q=1")]
    [InlineData("/v2?s=${e(search)}", "/a/7?q=1", "/v2?s=%3Fq%3D1&q=1")]
    [InlineData("", "/a/7?q=1", "/?q=1")]
    public void RewritePattern_InsertsDataAsData(string pattern, string target, string expected)
        => Assert.Equal(expected, Write(new RouteHandlerConfig.UrlRewrite($"https://o.example{pattern}"), "/a/{id}", target));

    [Theory]
    [InlineData("/a/b/c", "/v2/b/c")]
    [InlineData("/a", "/v2/")]
    [InlineData("/a/b//c/", "/v2/b//c/")]
    public void Tail_KeepsItsSlashes(string target, string expected)
        => Assert.Equal(expected, Write(new RouteHandlerConfig.UrlRewrite("https://o.example/v2/${params.rest}"), "/a/{*rest}", target));

    [Theory]
    [InlineData("/v2/${params.id}", "/a/..")]
    [InlineData("/v2/${params.id}", "/a/%2e%2E")]
    [InlineData("/v2/${params.id}/x", "/a/.")]
    [InlineData("/v2/${params.id}", "/a/..;x")]
    [InlineData("/v2/.${params.id}", "/a/%2e")]
    [InlineData("/v2/${query.q}", "/a/7?q=..")]
    [InlineData("/v2/${query.q}/x", "/a/7?q=%2e%2e")]
    [InlineData("/v2/.${query.q}", "/a/7?q=")]
    public void DotSegmentMadeOfData_IsRefused(string pattern, string target)
        => Assert.Null(Write(new RouteHandlerConfig.UrlRewrite($"https://o.example{pattern}"), "/a/{id}", target));

    [Theory]
    [InlineData("/new", "/a", "/new")]
    [InlineData("https://B.example:443/new/${params.rest}", "/a/x", "https://b.example/new/x")]
    [InlineData("/${params.rest}", "/a/x", "/x")]
    [InlineData("/${params.rest}", "/a//evil.example", null)]
    [InlineData("/new${search}", "/a?q=1", "/new?q=1")]
    [InlineData("/new", "/a?q=1", "/new")]
    public void Location_NeverLeadsToAnotherHostByData(string location, string target, string? expected)
        => Assert.Equal(expected, Write(new RouteHandlerConfig.Redirect(location), "/a/{*rest}", target));

    [Fact]
    public void Target_AllocatesNothing()
    {
        var table = Build(new RouteHandlerConfig.UrlRewrite("https://o.example/v2/${params.id}?h=${headers.get(\"x-tenant\")}&q=${query.q}"), "/a/{id}");
        var output = new ArrayBufferWriter<byte>(4096);
        var match = default(RouteMatch);
        var fields = OneField();
        Run(table, output, ref match, fields);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Run(table, output, ref match, fields);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Run(RouteTable table, ArrayBufferWriter<byte> output, ref RouteMatch match, FieldTable fields)
        {
            output.ResetWrittenCount();
            table.TryMatch("GET"u8, default, "/a/7"u8, ref match);
            var facts = new RequestFacts { Method = "GET"u8, Path = "/a/7"u8, Search = "?q=1"u8, Fields = fields };
            Assert.True(match.Route.Target!.TryWriteTarget(facts, match, output));
        }
    }

    /// <summary>Whatever a client sends: one line, origin-form, no dot segment, and the literal frame around the data stands.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void RandomData_StaysWhereItWasPut(int seed)
    {
        var random = new Random(seed);
        var table = Build(new RouteHandlerConfig.UrlRewrite("https://o.example/p/${params.id}/m/${query.q}/e?k=${params.id}&z=1") { ForwardSearch = false }, "/a/{id}");
        const string Alphabet = "./%2e52fF;&=?#+ \\\u00e9\u0001ab";
        for (var i = 0; i < 5000; i++)
        {
            var id = Data(random, Alphabet.Replace("/", "", StringComparison.Ordinal).Replace("?", "", StringComparison.Ordinal));
            var target = $"/a/{id}?q={Data(random, Alphabet.Replace("&", "", StringComparison.Ordinal))}";
            if (Write(table, target) is not { } written)
            {
                continue;
            }

            Assert.True(written.All(c => c is > ' ' and < '\u007f' and not '#'), $"seed {seed}: {target} became {written}");
            var (path, query) = (written[..written.IndexOf('?', StringComparison.Ordinal)], written[(written.IndexOf('?', StringComparison.Ordinal) + 1)..]);
            var segments = path.Split('/');
            Assert.True(segments is ["", "p", _, "m", _, "e"], $"seed {seed}: {target} became {written}");
            Assert.True(query.Split('&') is [['k', '=', ..], "z=1"], $"seed {seed}: {target} became {written}");
            Assert.DoesNotContain(segments, s => Uri.UnescapeDataString(s) is "." or "..");
        }
    }

    private static string Data(Random random, string alphabet)
        => string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => alphabet[random.Next(alphabet.Length)]));

    private static RouteTable Build(RouteHandlerConfig handler, string path) => RouteTable.Build([new RouteConfig { Path = path, Handler = handler }]);

    private static string? Write(RouteHandlerConfig handler, string path, string target) => Write(Build(handler, path), target);

    private static string? Write(RouteTable table, string target)
    {
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var path = Encoding.Latin1.GetBytes(mark < 0 ? target : target[..mark]);
        var search = Encoding.Latin1.GetBytes(mark < 0 ? "" : target[mark..]);
        var match = default(RouteMatch);
        Assert.True(table.TryMatch("GET"u8, "a.example:8080"u8, path, ref match));
        var facts = new RequestFacts
        {
            Method = "GET"u8,
            Path = path,
            Search = search,
            Host = "a.example:8080"u8,
            IsTls = true,
            RequestId = "r-1"u8,
            Fields = OneField(),
        };
        var output = new ArrayBufferWriter<byte>();
        var written = match.Route.Target!.TryWriteTarget(facts, match, output);
        Assert.Equal(written, output.WrittenCount > 0);
        return written ? Encoding.Latin1.GetString(output.WrittenSpan) : null;
    }

    private static FieldTable OneField()
    {
        var block = Encoding.UTF8.GetBytes("X-Tenant: a/.. %\u00e9\r\n");
        var fields = new FieldTable();
        fields.Add(new ByteRange(0, 8), new ByteRange(10, block.Length - 12), default);
        fields.Attach(block);
        return fields;
    }
}
