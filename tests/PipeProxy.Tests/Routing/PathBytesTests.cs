using System.Text;
using PipeProxy.Routing;

namespace PipeProxy.Tests.Routing;

public sealed class PathBytesTests
{
    [Theory]
    [InlineData("/", false)]
    [InlineData("/a/b.c/.d/..e/...", false)]
    [InlineData("/%2e%2e%2e", false)]
    [InlineData("/%", false)]
    [InlineData("/.%2", false)]
    [InlineData("/a/./b", true)]
    [InlineData("/a/..", true)]
    [InlineData("/%2e", true)]
    [InlineData("/a/.%2E/b", true)]
    [InlineData("/a/%2e%2e", true)]
    [InlineData("/a/..;v=1/b", true)]
    [InlineData("/;", false)]
    public void DotSegment_IsSeenInEveryDisguise(string path, bool expected) => Assert.Equal(expected, PathBytes.HasDotSegment(Encoding.ASCII.GetBytes(path)));

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("%61%7E%2d", "a~-")]
    [InlineData("%2f%c3%A9", "%2F%C3%A9")]
    [InlineData("%", "%")]
    [InlineData("%6", "%6")]
    [InlineData("%%61", "%a")]
    public void Normalise_KeepsReservedOctetsEncoded(string segment, string expected)
    {
        var destination = new byte[segment.Length];
        var written = PathBytes.Normalise(Encoding.ASCII.GetBytes(segment), destination);
        Assert.Equal(expected, Encoding.ASCII.GetString(destination, 0, written));
    }

    [Theory]
    [InlineData("admin", "admin/x", 5)]
    [InlineData("admin", "%61dmi%6ex", 9)]
    [InlineData("admin", "admi%6", -1)]
    [InlineData("admin", "admi", -1)]
    [InlineData("a%2F", "%61%2f%2f", 6)]
    [InlineData("a/", "a%2f", -1)]
    [InlineData("", "x", 0)]
    [InlineData("", "", 0)]
    public void Start_IsFoundHoweverItWasSent(string literal, string text, int expected)
        => Assert.Equal(expected, PathBytes.MatchStart(Encoding.ASCII.GetBytes(text), Encoding.ASCII.GetBytes(literal)));

    [Theory]
    [InlineData("admin", "x/admin", 5)]
    [InlineData("admin", "x%61dmi%6e", 9)]
    [InlineData("61", "%61", -1)]
    [InlineData("61", "%2561", 2)]
    [InlineData("%2F", "%2f%2f", 3)]
    [InlineData("admin", "dmin", -1)]
    [InlineData("", "", 0)]
    public void End_IsFoundHoweverItWasSent(string literal, string text, int expected)
        => Assert.Equal(expected, PathBytes.MatchEnd(Encoding.ASCII.GetBytes(text), Encoding.ASCII.GetBytes(literal)));
}
