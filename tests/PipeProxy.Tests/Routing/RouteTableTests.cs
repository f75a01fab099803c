using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Routing;

namespace PipeProxy.Tests.Routing;

public sealed class RouteTableTests
{
    [Theory]
    [InlineData("/", "/", true)]
    [InlineData("/", "/a", false)]
    [InlineData("/a", "/a", true)]
    [InlineData("/a", "/A", false)]
    [InlineData("/a", "/a/", false)]
    [InlineData("/a/", "/a/", true)]
    [InlineData("/a", "/%61", true)]
    [InlineData("/a%7eb", "/a~b", true)]
    [InlineData("/a%2fb", "/a%2Fb", true)]
    [InlineData("/a%2fb", "/a/b", false)]
    [InlineData("/caf\u00e9 au lait", "/caf%c3%A9%20au%20lait", true)]
    [InlineData("/users/{id}", "/users/7", true)]
    [InlineData("/users/{id}", "/users/", false)]
    [InlineData("/users/{id}", "/users", false)]
    [InlineData("/users/{id}", "/users/7/8", false)]
    [InlineData("/users/{id}/x", "/users/a%2Fb/x", true)]
    [InlineData("/f/{name}.json", "/f/a.b.json", true)]
    [InlineData("/f/{name}.json", "/f/.json", false)]
    [InlineData("/f/v{n}", "/f/v1", true)]
    [InlineData("/f/v{n}", "/f/w1", false)]
    [InlineData("/f/v{n}", "/f/%761", true)]
    [InlineData("/f/v{n}", "/f/%561", false)]
    [InlineData("/f/v{n}", "/f/%76", false)]
    [InlineData("/f/{name}.json", "/f/a%2ejs%6Fn", true)]
    [InlineData("/f/{name}.json", "/f/%2Ejson", false)]
    [InlineData("/f/{name}~%2fx", "/f/a%7E%2Fx", true)]
    [InlineData("/api/{*rest}", "/api", true)]
    [InlineData("/api/{*rest}", "/api/", true)]
    [InlineData("/api/{rest*}", "/api/a/b", true)]
    [InlineData("/api/{*rest}", "/apix", false)]
    [InlineData("/{*rest}", "/", true)]
    [InlineData("/{*rest}", "/a//b", true)]
    [InlineData("/{*rest}", "*", false)]
    [InlineData("/{*rest}", "", false)]
    public void OpenApiPath_Matches(string template, string path, bool expected) => Assert.Equal(expected, Match(PathMode.OpenApi, template, path) is not null);

    [Theory]
    [InlineData("/users/:id", "/users/7", "id=7")]
    [InlineData("/users/:id", "/users/", null)]
    [InlineData("/users/:id(\\d+)", "/users/42", "id=42")]
    [InlineData("/users/:id(\\d+)", "/users/42x", null)]
    [InlineData("/users/:id(a|b/c)", "/users/a", "id=a")]
    [InlineData("/users/(\\d+)/x", "/users/1/x", "0=1")]
    [InlineData("/v:n.json", "/v12.json", "n=12")]
    [InlineData("/api/(.*)", "/api/", "0=")]
    [InlineData("/api/(.*)", "/api", null)]
    [InlineData("/api/*", "/api/a/b", "0=a/b")]
    [InlineData("/api(.*)", "/apix/y", "0=x/y")]
    [InlineData("/api(.*)", "/api", "0=")]
    [InlineData("/api(.*)", "/ap", null)]
    [InlineData("/admin(.*)", "/%61dmin/x", "0=/x")]
    [InlineData("/admin(.*)", "/admi%6E", "0=")]
    [InlineData("/admin(.*)", "/admi%6", null)]
    [InlineData("/admin(.*)", "/%41dmin/x", null)]
    [InlineData("/admin*", "/%61%64%6d%69%6E%2f%41", "0=%2f%41")]
    [InlineData("/a%2fb(.*)", "/%61%2Fb%2f", "0=%2f")]
    [InlineData("/a%2fb(.*)", "/a/b", null)]
    [InlineData("/v:version/x", "/%761/x", "version=1")]
    [InlineData("/v:version/x", "/%76%31/%78", "version=%31")]
    [InlineData("/v:n.json", "/%7612%2ejson", "n=12")]
    [InlineData("/:id(\\d+)1", "/%35%31", "id=%35")]
    [InlineData("/:id(.+)61", "/x%61", null)]
    [InlineData("/:role(admin|root)/x", "/%61dmin/x", "role=%61dmin")]
    [InlineData("/:role([^a]+)", "/%61", null)]
    [InlineData("/:key([^/]+%2F)", "/a%2f", "key=a%2f")]
    [InlineData("/:a/:rest(.*)", "/x/y/z", "a=x,rest=y/z")]
    [InlineData("/:a/:rest*", "/x/y/z", "a=x,rest=y/z")]
    public void UrlPatternPath_CapturesItsParameters(string template, string path, string? expected) => Assert.Equal(expected, Match(PathMode.UrlPattern, template, path));

    [Fact]
    public void Parameters_AreRangesOfThePathAsSent()
        => Assert.Equal("a=%41,b=x.y,c=d%2f//e", Match(PathMode.OpenApi, "/{a}/p-{b}.z/lit/{*c}", "/%41/p-x.y.z/l%69t/d%2f//e"));

    [Fact]
    public void FirstRouteInOrder_Wins()
    {
        var table = Table(("/{x}/b", "GET", null), ("/a/b", "GET", null), ("/a/{*rest}", "", null), ("/{*rest}", "", "h.example"), ("/c", "", null));

        Assert.Equal(0, IndexOf(table, "GET", "", "/a/b"));
        Assert.Equal(2, IndexOf(table, "POST", "", "/a/b"));
        Assert.Equal(3, IndexOf(table, "GET", "H.Example:8080", "/c"));
        Assert.Equal(4, IndexOf(table, "GET", "other.example", "/c"));
        Assert.Equal(-1, IndexOf(table, "GET", "", "/d"));
    }

    /// <summary>Whoever spells a path otherwise gets to no laxer route: partial literals, constrained values and long ones too.</summary>
    [Theory]
    [InlineData("/admin(.*)", "/%61dmin/x")]
    [InlineData("/admin*", "/adm%69n")]
    [InlineData("/v:version/x", "/%761/x")]
    [InlineData("/:file.secret", "/a.secre%74")]
    [InlineData("/:role(admin|root)/x", "/r%6fo%74/x")]
    public void PathInAnotherSpelling_TakesTheSameRoute(string template, string path)
    {
        var table = RouteTable.Build([UrlPattern(template), UrlPattern("/*")]);

        Assert.Equal(0, IndexOf(table, "GET", "", path));
        Assert.Equal(1, IndexOf(table, "GET", "", path.Replace("%", "%25", StringComparison.Ordinal)));
    }

    [Fact]
    public void LongValueOfAPattern_TakesTheSameRoute()
    {
        var table = RouteTable.Build([UrlPattern("/:name([a-z]+)"), UrlPattern("/*")]);

        Assert.Equal(0, IndexOf(table, "GET", "", "/" + new string('a', 5000)));
        Assert.Equal(0, IndexOf(table, "GET", "", "/" + string.Concat(Enumerable.Repeat("%61", 200))));
        Assert.Equal(1, IndexOf(table, "GET", "", "/" + new string('a', 5000) + "1"));
    }

    [Fact]
    public void Methods_AreComparedInTheirCaseAndHeadIsNotGet()
    {
        var table = Table(("/a", "GET", null), ("/b", "", null));

        Assert.Equal(0, IndexOf(table, "GET", "", "/a"));
        Assert.Equal(-1, IndexOf(table, "get", "", "/a"));
        Assert.Equal(-1, IndexOf(table, "HEAD", "", "/a"));
        Assert.Equal(1, IndexOf(table, "HEAD", "", "/b"));
    }

    /// <summary>Whoever spells a host otherwise gets to no laxer route of every host.</summary>
    [Theory]
    [InlineData("a.example", "A.Example.", 0)]
    [InlineData("a.example", "a.example.:8080", 0)]
    [InlineData("a.example", "%61.example", 0)]
    [InlineData("a.example", "%41%2Eexample%2e:80", 0)]
    [InlineData("A.example.", "a.example", 0)]
    [InlineData("a.example", "a.example..", 1)]
    [InlineData("a.example", "a.example%2f", 1)]
    [InlineData("a.example", ".", 1)]
    public void HostInAnotherSpelling_TakesTheSameRoute(string configured, string host, int expected)
        => Assert.Equal(expected, IndexOf(Table(("/a", "", configured), ("/{*rest}", "", null)), "GET", host, "/a"));

    [Fact]
    public void Ipv6Host_IsComparedWithoutItsPort()
    {
        var table = Table(("/a", "", "[::1]"));

        Assert.Equal(0, IndexOf(table, "GET", "[::1]:80", "/a"));
        Assert.Equal(0, IndexOf(table, "GET", "[::1]", "/a"));
        Assert.Equal(-1, IndexOf(table, "GET", "[::2]", "/a"));
    }

    [Theory]
    [InlineData("[::1]", "[0:0:0:0:0:0:0:1]", 0)]
    [InlineData("[0:0::0001]", "[::1]:8080", 0)]
    [InlineData("[2001:DB8::1]", "[2001:db8:0:0::0001]", 0)]
    [InlineData("[2001:db8::1]", "[2001:DB8:0:0:0:0:0:1]:80", 0)]
    [InlineData("[::ffff:1.2.3.4]", "[::ffff:102:304]", 0)]
    [InlineData("[::]", "[0::0]", 0)]
    [InlineData("[::1]", "[1::]", 1)]
    [InlineData("1.2.3.4", "[::ffff:1.2.3.4]", 1)]
    public void Ipv6HostInAnotherSpelling_TakesTheSameRoute(string configured, string host, int expected)
        => Assert.Equal(expected, IndexOf(Table(("/a", "", configured), ("/{*rest}", "", null)), "GET", host, "/a"));

    [Fact]
    public void TenThousandRoutes_AreFoundInAFewSteps()
    {
        var table = Table([.. Enumerable.Range(0, 10_000).Select(i => ($"/s{i % 100}/{{id}}/r{i}", "GET", (string?)null)), ("/{*rest}", "", null)]);
        var match = default(RouteMatch);

        for (var i = 0; i < 10_000; i += 97)
        {
            Assert.True(table.TryMatch("GET"u8, default, Encoding.ASCII.GetBytes($"/s{i % 100}/x/r{i}"), ref match, out var visited));
            Assert.Equal(i, match.Route.Index);
            Assert.InRange(visited, 1, 8);
        }
    }

    /// <summary>The tree against the plainest search there is: every route on its own, in order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomTables_AgreeWithALinearSearch(int seed)
    {
        var random = new Random(seed);
        string[] parts = ["a", "b", "{p}", "a{p}", "", "c"];
        for (var round = 0; round < 200; round++)
        {
            var routes = Enumerable.Range(0, 12).Select(_ =>
            {
                var segments = Enumerable.Range(0, random.Next(1, 4)).Select(i => parts[random.Next(parts.Length)].Replace("p", $"p{i}", StringComparison.Ordinal)).ToList();
                return ("/" + string.Join('/', segments) + (random.Next(4) == 0 ? "/{*rest}" : ""), random.Next(2) == 0 ? "GET" : "", random.Next(3) == 0 ? "h" : (string?)null);
            }).ToArray();
            var whole = Table(routes);
            var single = routes.Select(r => Table(r)).ToArray();
            for (var i = 0; i < 30; i++)
            {
                var path = "/" + string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => ((string[])["a", "b", "ab", "", "z"])[random.Next(5)]));
                var (method, host) = (random.Next(2) == 0 ? "GET" : "PUT", random.Next(2) == 0 ? "h" : "");
                var expected = Array.FindIndex(single, t => IndexOf(t, method, host, path) == 0);
                Assert.True(expected == IndexOf(whole, method, host, path), $"seed {seed}, round {round}: {method} {host} {path} in {string.Join(' ', routes)}");
            }
        }
    }

    [Fact]
    public void Match_AllocatesNothing()
    {
        RouteConfig[] routes = [.. Configs(("/h/{id}/{*rest}", "", "h.example"), ("/a/{id}/x", "GET", null), ("/b/{id}", "", null)), UrlPattern("/v:n(\\d+)x/y"), UrlPattern("/admin(.*)")];
        var table = RouteTable.Build(routes);
        var match = default(RouteMatch);
        var longValue = Encoding.ASCII.GetBytes("/v" + new string('7', 1000) + "x/y");
        table.TryMatch("GET"u8, "H.example:80"u8, "/%61/7/x"u8, ref match);
        table.TryMatch("GET"u8, "H.example:80"u8, "/%76%37x/y"u8, ref match);
        table.TryMatch("GET"u8, "H.example:80"u8, longValue, ref match);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            table.TryMatch("GET"u8, "H.example:80"u8, "/%61/7/x"u8, ref match);
            table.TryMatch("GET"u8, "H.example:80"u8, "/h/7/x/y"u8, ref match);
            table.TryMatch("GET"u8, "H.example:80"u8, "/none"u8, ref match);
            table.TryMatch("GET"u8, "H.example:80"u8, "/%61dm%69n/x"u8, ref match);
            table.TryMatch("GET"u8, "H.example:80"u8, "/%76%37x/y"u8, ref match);
            table.TryMatch("GET"u8, "H.example:80"u8, longValue, ref match);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void WrongRoutes_AreAllReported()
    {
        var errors = new List<ConfigurationError>();
        RouteConfig[] routes =
        [
            new() { Path = "a", Handler = new RouteHandlerConfig.Redirect("/x") },
            new() { Path = "/a", Handler = new RouteHandlerConfig.UrlForward("https://${host}") },
            new() { Path = "/a", Handler = new RouteHandlerConfig.Function("f") },
        ];

        Assert.Null(RouteTable.TryBuild(routes, errors));
        Assert.Equal(["routes[0].path", "routes[1].baseUrl"], errors.Select(e => e.Setting));
        Assert.Throws<ArgumentException>(() => RouteTable.Build(routes));
    }

    [Fact]
    public void Variables_AreFilledInForAHostsOwnRoutes()
    {
        var table = RouteTable.TryBuild(
            [new() { Path = "/a", Handler = new RouteHandlerConfig.UrlForward("https://${env.HOST}:8443/x") }],
            [],
            new Dictionary<string, string> { ["HOST"] = "A.example" })!;

        Assert.Equal(new OriginAddress("https", "a.example", 8443), table.Routes[0].Origin);
        Assert.Equal("https://a.example:8443", table.Routes[0].Origin.ToString());
    }

    private static string? Match(PathMode mode, string template, string path)
    {
        var table = RouteTable.Build([new RouteConfig { Path = template, PathMode = mode, Handler = new RouteHandlerConfig.Function("f") }]);
        var bytes = Encoding.UTF8.GetBytes(path);
        var match = default(RouteMatch);
        if (!table.TryMatch("GET"u8, "a.example"u8, bytes, ref match))
        {
            return null;
        }

        var captured = match;
        return string.Join(',', match.Route.Path.Parameters.Select((p, i) => $"{p}={Encoding.UTF8.GetString(captured.ValueOf(i, bytes))}"));
    }

    private static RouteTable Table(params (string Path, string Method, string? Host)[] routes)
        => RouteTable.Build([.. Configs(routes)]);

    private static IEnumerable<RouteConfig> Configs(params (string Path, string Method, string? Host)[] routes)
        => routes.Select(r => new RouteConfig { Path = r.Path, Methods = r.Method.Length == 0 ? [] : [r.Method], Host = r.Host, Handler = new RouteHandlerConfig.Function("f") });

    private static RouteConfig UrlPattern(string path) => new() { Path = path, PathMode = PathMode.UrlPattern, Handler = new RouteHandlerConfig.Function("f") };

    private static int IndexOf(RouteTable table, string method, string host, string path)
    {
        var match = default(RouteMatch);
        return table.TryMatch(Encoding.ASCII.GetBytes(method), Encoding.ASCII.GetBytes(host), Encoding.ASCII.GetBytes(path), ref match) ? match.Route.Index : -1;
    }
}
