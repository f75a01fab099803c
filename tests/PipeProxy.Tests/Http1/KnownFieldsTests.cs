using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

public sealed class KnownFieldsTests
{
    [Theory]
    [InlineData("Connection", KnownField.Connection)]
    [InlineData("Keep-Alive", KnownField.KeepAlive)]
    [InlineData("Proxy-Connection", KnownField.ProxyConnection)]
    [InlineData("Transfer-Encoding", KnownField.TransferEncoding)]
    [InlineData("TE", KnownField.Te)]
    [InlineData("Trailer", KnownField.Trailer)]
    [InlineData("Upgrade", KnownField.Upgrade)]
    [InlineData("HTTP2-Settings", KnownField.Http2Settings)]
    [InlineData("Content-Length", KnownField.ContentLength)]
    [InlineData("Host", KnownField.Host)]
    [InlineData("Expect", KnownField.Expect)]
    [InlineData("Via", KnownField.Via)]
    [InlineData("Date", KnownField.Date)]
    [InlineData("Max-Forwards", KnownField.MaxForwards)]
    [InlineData("Origin", KnownField.Origin)]
    [InlineData("Forwarded", KnownField.Forwarded)]
    [InlineData("X-Forwarded-For", KnownField.XForwardedFor)]
    [InlineData("X-Forwarded-Proto", KnownField.XForwardedProto)]
    [InlineData("X-Forwarded-Host", KnownField.XForwardedHost)]
    [InlineData("X-Request-Id", KnownField.XRequestId)]
    [InlineData("Proxy-Authenticate", KnownField.ProxyAuthenticate)]
    [InlineData("Proxy-Authorization", KnownField.ProxyAuthorization)]
    [InlineData("Proxy-Authentication-Info", KnownField.ProxyAuthenticationInfo)]
    [InlineData("Proxy-Status", KnownField.ProxyStatus)]
    [InlineData("X-Amzn-Mtls-Clientcert-Subject", KnownField.XAmznMtls)]
    [InlineData("X_Amzn_Mtls_Clientcert", KnownField.XAmznMtls)]
    [InlineData("Client-Cert", KnownField.ClientCert)]
    [InlineData("Client-Cert-Chain", KnownField.ClientCert)]
    [InlineData("Client_Cert", KnownField.ClientCert)]
    [InlineData("Access-Control-Allow-Origin", KnownField.AccessControl)]
    [InlineData("X_Forwarded_For", KnownField.ForwardedLookalike)]
    [InlineData("X-Forwarded_Host", KnownField.ForwardedLookalike)]
    [InlineData("Content_Length", KnownField.FramingLookalike)]
    internal void Name_IsRecognisedInAnyCase(string name, KnownField expected)
    {
        Assert.Equal(expected, Recognize(name));
        Assert.Equal(expected, Recognize(name.ToUpperInvariant()));
        Assert.Equal(expected, Recognize(name.ToLowerInvariant()));
    }

    [Theory]
    [InlineData("X")]
    [InlineData("User-Agent")]
    [InlineData("Accept-Encoding")]
    [InlineData("Content-Lengths")]
    [InlineData("Content-Lengt")]
    [InlineData("Client-Certificate")]
    [InlineData("X-Amzn-Mtlsx")]
    [InlineData("X-Amzn-Trace-Id")]
    [InlineData("X-Forwarded-Port")]
    [InlineData("Access-Control")]
    [InlineData("Transfer-Encoding-Hint")]
    [InlineData("-------------------")]
    [InlineData("1234567890123")]
    public void OtherNames_PassThrough(string name) => Assert.Equal(KnownField.Other, Recognize(name));

    [Fact]
    public void KnownFields_FitOneWord() => Assert.True(Enum.GetValues<KnownField>().Length <= 64);

    private static KnownField Recognize(string name) => KnownFields.Recognize(Encoding.Latin1.GetBytes(name));
}
