using System.Text.Json;
using System.Text.RegularExpressions;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Docs;

/// <summary>The reference pages miss nothing: every setting of the schema, every flag that help shows.</summary>
public sealed partial class ConfigurationPageTests
{
    [Fact]
    public void EverySettingOfTheSchema_IsOnThePage()
    {
        string page = File.ReadAllText(RepositoryRoot.Combine("docs", "configuration.md"));
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(RepositoryRoot.Combine("docs", "pipeproxy.schema.json")));
        string[] missing = [.. SettingsOf(schema.RootElement).Distinct().Where(name => !Regex.IsMatch(page, $@"[`.""]{Regex.Escape(name)}[`""]"))];

        Assert.True(missing.Length == 0, $"docs/configuration.md does not tell of: {string.Join(", ", missing)}");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("check")]
    [InlineData("completions")]
    [InlineData("mtls-certificate create")]
    [InlineData("mtls-certificate list")]
    [InlineData("mtls-certificate describe")]
    [InlineData("mtls-certificate update")]
    [InlineData("mtls-certificate enable")]
    [InlineData("mtls-certificate disable")]
    [InlineData("mtls-certificate delete")]
    [InlineData("mtls-certificate lint")]
    public async Task EveryFlagOfTheCommand_IsOnThePage(string command)
    {
        string page = await File.ReadAllTextAsync(RepositoryRoot.Combine("docs", "command-line.md"), TestContext.Current.CancellationToken);
        await using TestProcess help = await TestProcess.RunAsync(ProxyBinary.Path, [.. command.Split(' '), "--help"]);

        string[] flags = [.. Flag().Matches(string.Join('\n', help.OutputLines)).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(flags);
        Assert.All(flags, flag => Assert.Contains(flag, page, StringComparison.Ordinal));
    }

    private static IEnumerable<string> SettingsOf(JsonElement schema)
    {
        switch (schema.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in schema.EnumerateObject())
                {
                    if (member.Name == "properties")
                    {
                        foreach (JsonProperty setting in member.Value.EnumerateObject())
                        {
                            yield return setting.Name;
                        }
                    }

                    foreach (string inner in SettingsOf(member.Value))
                    {
                        yield return inner;
                    }
                }

                break;
            case JsonValueKind.Array:
                foreach (string inner in schema.EnumerateArray().SelectMany(SettingsOf))
                {
                    yield return inner;
                }

                break;
        }
    }

    [GeneratedRegex(@"^  (?:-\S, )*(?:-h, )?(--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex Flag();
}
