using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Routing;

namespace PipeProxy.Tests.Configuration;

/// <summary>Mutated files never throw, and what loads can be compiled. The seed in the message replays a failure.</summary>
public sealed class ConfigurationFuzzTests
{
    private const int Rounds = 3000;

    private static readonly string[] Tokens = ["${", "}", "$env(", ")", "\"", "\\", "{", "[", "]", "\0", "/", "//", ":", "..", "%", "%2e", "\\ud800", "https://", "é", "null", "1e999", "-1", "*", "(", "@", "#", "?"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void MutatedFiles_NeverThrow(int seed)
    {
        using var folder = new ConfigurationFolder();
        var paths = new ConfigurationPaths(folder.PathOf(""));
        var loaded = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var random = new Random((seed * 1_000_003) + round);
            var sources = new[] { ConfigurationSamples.Documented, ConfigurationSamples.EveryKey, ConfigurationSamples.Document(ConfigurationSamples.GuideVariables) };
            var index = random.Next(sources.Length);
            var bytes = Mutate(Encoding.UTF8.GetBytes(sources[index]), random);
            var context = new ConfigurationContext(new Dictionary<string, string> { ["CERT"] = "a", ["ALB_BACKEND_URL"] = "https://a.example", ["ALB_MTLS_CERT"] = "b" }, new HashSet<string>(), allowUnsupported: random.Next(2) == 0);
            try
            {
                loaded += Read(bytes, isRoutes: index == 2, paths, context) ? 1 : 0;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {round}: {e}\n{Encoding.UTF8.GetString(bytes)}");
            }
        }

        Assert.NotEqual(0, loaded);
    }

    private static bool Read(byte[] bytes, bool isRoutes, ConfigurationPaths paths, ConfigurationContext context)
    {
        if (ConfigurationDocument.Parse("x", bytes, context.Errors) is not { } document)
        {
            Assert.NotEmpty(context.Errors);
            return false;
        }

        IReadOnlyList<RouteConfig> routes = [];
        if (isRoutes)
        {
            var drafts = new List<RouteDraft>();
            RoutesDocument.Read(document, drafts, context);
            routes = [.. drafts.Select(d => d.Finish(context, [])).OfType<RouteConfig>()];
        }
        else
        {
            routes = ConfigurationLoader.Read(document, new ConfigurationOverrides(), paths, context)?.Routes ?? [];
        }

        // Files that do not exist are the only errors of the sample; routes that came through are compiled whatever the rest says.
        if (!context.HasErrors)
        {
            RouteTable.Build(routes);
        }

        Assert.All(context.Errors, e => Assert.DoesNotContain('\n', e.ToString()));
        return routes.Count > 0;
    }

    private static byte[] Mutate(byte[] source, Random random)
    {
        var bytes = source.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 12), bytes.Count - at - 1));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - 20), 20));
                    break;
            }
        }

        return [.. bytes];
    }
}
