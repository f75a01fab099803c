using System.Text.Json;
using System.Text.Json.Nodes;
using NJsonSchema;
using PipeProxy.Configuration;

namespace PipeProxy.Tests.Configuration;

public sealed class SchemaTests
{
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public static TheoryData<string> Samples => [ConfigurationSamples.Documented, ConfigurationSamples.EveryKey, """{ "routes": ["a.oas.json", "b.oas.json"] }"""];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task Sample_IsValid(string sample)
    {
        var schema = await ReadSchemaAsync();

        Assert.Empty(schema.Validate(JsonNode.Parse(sample, documentOptions: Lenient)!.ToJsonString()));
    }

    [Theory]
    [InlineData("""{ "enviromentType": "production" }""")]
    [InlineData("""{ "environmentType": "prod" }""")]
    [InlineData("""{ "listeners": [] }""")]
    [InlineData("""{ "timeouts": { "connect": 5 } }""")]
    [InlineData("""{ "limits": { "field": "16KB" } }""")]
    [InlineData("""{ "upstreams": { "https://a.example": { "presets": "aws-alb" } } }""")]
    [InlineData("""{ "routes": [ { "path": "/", "baseUrl": 1 } ] }""")]
    public async Task Mistake_IsInvalid(string mistake)
    {
        var schema = await ReadSchemaAsync();

        Assert.NotEmpty(schema.Validate(mistake));
    }

    /// <summary>The reader notes each key that it asks for; the schema describes those and no others.</summary>
    [Fact]
    public void Keys_AreThoseThatTheReaderKnows()
    {
        var variables = new Dictionary<string, string> { ["CERT"] = "a" };
        var context = new ConfigurationContext(variables, new HashSet<string>());
        using var folder = new ConfigurationFolder();
        folder.Write("edge.pem", "").Write("edge-key.pem", "").Write("origin-ca.pem", "");
        var document = ConfigurationDocument.Parse("x", System.Text.Encoding.UTF8.GetBytes(ConfigurationSamples.EveryKey), context.Errors)!;
        ConfigurationLoader.Read(document, new ConfigurationOverrides(), new ConfigurationPaths(folder.PathOf("")), context);
        Assert.False(context.HasErrors);

        var described = new SortedSet<string>(StringComparer.Ordinal);
        var schema = JsonNode.Parse(File.ReadAllText(SchemaPath()))!;
        Collect(schema, schema, "", described);

        Assert.Equal(described, context.KeysAsked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryKey_HasADescription()
    {
        var schema = JsonNode.Parse(File.ReadAllText(SchemaPath()))!;

        foreach (var properties in Descend(schema).OfType<JsonObject>().Select(o => o["properties"]).OfType<JsonObject>())
        {
            foreach (var (name, property) in properties)
            {
                Assert.True(property!["description"] is not null || property["$ref"] is not null, name);
            }
        }
    }

    private static void Collect(JsonNode schema, JsonNode node, string shape, SortedSet<string> described)
    {
        if (node is not JsonObject o)
        {
            return;
        }

        if (o["$ref"] is { } reference)
        {
            var target = reference.GetValue<string>()["#/".Length..].Split('/').Aggregate(schema, (at, key) => at[key]!);
            Collect(schema, target, shape, described);
        }

        foreach (var (name, property) in o["properties"] as JsonObject ?? [])
        {
            var path = shape.Length == 0 ? name : $"{shape}.{name}";
            described.Add(path);
            Collect(schema, property!, path, described);
        }

        Collect(schema, o["items"] ?? "", $"{shape}[]", described);
        if (shape != "resolve")
        {
            Collect(schema, o["additionalProperties"] ?? "", $"{shape}.*", described);
        }

        foreach (var alternative in o["anyOf"] as JsonArray ?? [])
        {
            Collect(schema, alternative!, shape, described);
        }
    }

    private static IEnumerable<JsonNode> Descend(JsonNode node)
    {
        var children = node switch
        {
            JsonObject o => o.Where(m => m.Value is not null && m.Key != "default").Select(m => m.Value!),
            JsonArray a => a.OfType<JsonNode>(),
            _ => [],
        };
        return children.SelectMany(Descend).Prepend(node);
    }

    /// <summary>NJsonSchema resolves references under the older name of <c>$defs</c> only.</summary>
    private static Task<JsonSchema> ReadSchemaAsync()
        => JsonSchema.FromJsonAsync(File.ReadAllText(SchemaPath()).Replace("$defs", "definitions", StringComparison.Ordinal), TestContext.Current.CancellationToken);

    private static string SchemaPath()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "PipeProxy.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory.FullName, "docs", "pipeproxy.schema.json");
    }
}
