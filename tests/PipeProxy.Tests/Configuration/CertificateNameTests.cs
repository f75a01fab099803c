using PipeProxy.Configuration;

namespace PipeProxy.Tests.Configuration;

public sealed class CertificateNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("_")]
    [InlineData("$env")]
    [InlineData("aws-alb-cert")]
    [InlineData("class")]
    [InlineData("A1_b$-")]
    public void KeepsTheRule_IsValid(string name)
    {
        Assert.True(CertificateName.IsValid(name));
        Assert.Null(CertificateName.Explain(name));
        Assert.Null(CertificateName.ProblemOf(name));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("1a", "'1' as character 1")]
    [InlineData("-a", "'-' as character 1")]
    [InlineData("a b", "a space as character 2")]
    [InlineData("a.b", "'.' as character 2")]
    [InlineData("../x", "'.' as character 1")]
    [InlineData("a/b", "'/' as character 2")]
    [InlineData("zertifikät", "U+00E4 as character 9")]
    [InlineData("a\n", "U+000A as character 2")]
    public void BreaksTheRule_SaysWhereAndTheRule(string name, string expected)
    {
        Assert.False(CertificateName.IsValid(name));
        var message = CertificateName.Explain(name);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains(CertificateName.Rule, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message!);
        Assert.StartsWith(expected == "empty" ? "is empty; " : $"may not have {expected}; ", CertificateName.ProblemOf(name), StringComparison.Ordinal);
    }

    [Fact]
    public void MoreThan128Characters_IsRefused()
    {
        Assert.True(CertificateName.IsValid(new string('a', 128)));
        Assert.Contains("129 characters", CertificateName.Explain(new string('a', 129)), StringComparison.Ordinal);
    }
}
