using PipeProxy.Configuration;

namespace PipeProxy.Tests.Configuration;

public sealed class OneLineTests
{
    [Theory]
    [InlineData("CN=örigin, O=Example \"and\" more", "CN=örigin, O=Example \"and\" more")]
    [InlineData("CN=evil\n2026-11-27T00:00:00.000Z info: all is well", "CN=evil\uFFFD2026-11-27T00:00:00.000Z info: all is well")]
    [InlineData("a\r\u001b[31mb\u0085c\u2028d", "a\uFFFD\uFFFD[31mb\uFFFDc\uFFFDd")]
    public void TextOfOthers_StaysOnItsLine(string text, string expected) => Assert.Equal(expected, OneLine.Of(text));
}
