using PipeProxy.Certificates;
using PipeProxy.Diagnosis;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Diagnosis;

public sealed class AlbReasonPredictionTests
{
    [Theory]
    [InlineData(null, AlbReason.ClientCertUntrusted)]
    [InlineData(40, AlbReason.ClientCertIncompatible)]
    [InlineData(42, AlbReason.ClientCertInvalid)]
    [InlineData(43, AlbReason.ClientCertTypeUnsupported)]
    [InlineData(44, AlbReason.ClientCertCrlHit)]
    [InlineData(45, AlbReason.ClientCertExpired)]
    [InlineData(46, AlbReason.ClientCertInvalid)]
    [InlineData(48, AlbReason.ClientCertUntrusted)]
    [InlineData(49, AlbReason.ClientCertRejected)]
    [InlineData(51, AlbReason.ClientCertInvalid)]
    [InlineData(80, AlbReason.UnmappedConnectionError)]
    public void GoodCertificate_TheAlertAloneTells(int? alert, AlbReason reason) => Assert.Equal(reason, Predict(TestCertificates.Client, alert).Reason);

    [Theory]
    [InlineData(null)]
    [InlineData(40)]
    [InlineData(42)]
    [InlineData(46)]
    public void VagueAlert_TheCertificateTells(int? alert)
    {
        Assert.Equal(AlbReason.ClientCertExpired, Predict(TestCertificates.ExpiredClient, alert).Reason);
        Assert.Equal(AlbReason.ClientCertNotYetValid, Predict(TestCertificates.NotYetValidClient, alert).Reason);
        Assert.Equal(AlbReason.ClientCertPurposeInvalid, Predict(TestCertificates.WrongUsageClient, alert).Reason);
    }

    [Fact]
    public void UnknownCa_OutweighsWhatElseIsWrong() => Assert.Equal(AlbReason.ClientCertUntrusted, Predict(TestCertificates.ExpiredClient, 48).Reason);

    [Fact]
    public void ExpiredForTheOriginAlone_PointsToTheClock()
        => Assert.Contains("clock", Predict(TestCertificates.Client, 45).Next, StringComparison.Ordinal);

    [Fact]
    public void IssuerOfAnIntermediate_IsWhatTheTrustStoreNeeds()
    {
        Assert.Contains("CN=PipeProxy Test Root", Predict(TestCertificates.Client, 48).Because, StringComparison.Ordinal);
        Assert.StartsWith("Add CN=PipeProxy Test Root to the origin's trust store", Predict(TestCertificates.Client, 48).Next, StringComparison.Ordinal);
    }

    [Fact]
    public void Advertised_IsWhateverIssuedOneOfTheChain()
    {
        var certificate = Named(TestCertificates.Client);
        Assert.Null(AlbReasonPrediction.IsAdvertised(certificate, null));
        Assert.Null(AlbReasonPrediction.IsAdvertised(certificate, []));
        Assert.True(AlbReasonPrediction.IsAdvertised(certificate, ["CN=PipeProxy Test Intermediate"]));
        Assert.True(AlbReasonPrediction.IsAdvertised(certificate, ["CN=x", "CN=PipeProxy Test Root"]));
        Assert.False(AlbReasonPrediction.IsAdvertised(certificate, ["CN=x"]));
    }

    private static AlbReasonPrediction Predict(TestCertificate certificate, int? alert) => AlbReasonPrediction.Of(Named(certificate), (byte?)alert, null, DateTimeOffset.UtcNow);

    private static ClientCertificate Named(TestCertificate certificate) => ClientCertificate.FromPem("a", certificate.CertificatePem, certificate.KeyPem);
}
