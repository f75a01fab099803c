using PipeProxy.Tls;

namespace PipeProxy.Tests.Tls;

public sealed class TlsRecordsTests
{
    private static readonly byte[] Hello = [22, 3, 1, 0, 4, 1, 0, 0, 0];
    private static readonly byte[] Certificate = [22, 3, 3, 0, 5, 11, 0, 0, 1, 0];
    private static readonly byte[] ChangeCipherSpec = [20, 3, 3, 0, 1, 1];
    private static readonly byte[] Data = [23, 3, 3, 0, 3, 11, 11, 11];
    private static readonly byte[] Alert = [21, 3, 3, 0, 2, 1, 0];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Records_AreFollowedInAnySegmentation(int size)
    {
        var records = new TlsRecords();
        Observe(ref records, Hello, size);
        Assert.False(records.SawCertificate);
        Observe(ref records, [.. Certificate, .. Data], size);
        Assert.True(records.SawCertificate);
        Assert.Equal(Data.Length, records.EncryptedBytes);
        Observe(ref records, Alert, size);
        Assert.False(records.IsForeign);
        Assert.False(records.LooksLikeHttp);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void EncryptedFinishedOfTls12_IsNoCertificateWhateverItBeginsWith(int size)
    {
        var records = new TlsRecords();
        Observe(ref records, [.. Hello, .. ChangeCipherSpec, .. Certificate], size);
        Assert.False(records.SawCertificate);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void PlainHttp_IsForeignAndNamed(int size)
    {
        var records = new TlsRecords();
        Observe(ref records, "HTTP/1.1 400 Bad Request\r\n\r\n"u8, size);
        Assert.True(records.IsForeign);
        Assert.True(records.LooksLikeHttp);
    }

    [Fact]
    public void OtherBytes_AreForeign()
    {
        var records = new TlsRecords();
        Observe(ref records, "220 mail.example ESMTP\r\n"u8, 1000);
        Assert.True(records.IsForeign);
        Assert.False(records.LooksLikeHttp);
    }

    private static void Observe(ref TlsRecords records, ReadOnlySpan<byte> bytes, int size)
    {
        while (!bytes.IsEmpty)
        {
            var taken = Math.Min(size, bytes.Length);
            records.Observe(bytes[..taken]);
            bytes = bytes[taken..];
        }
    }
}
