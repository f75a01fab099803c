using System.Text.Json;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Control;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Cli;

/// <summary>What the certificate commands make of a running proxy's answer, or of none.</summary>
public sealed class AskedProxyTests : IDisposable
{
    private const string Name = "alice";

    private readonly TemporaryFolder _folder = new();
    private readonly CertificateStore _store;
    private readonly string _certificate;
    private readonly string _key;

    public AskedProxyTests()
    {
        _store = new CertificateStore(_folder.File("store"));
        Store(IssuedCertificate.Good, create: true);
        var other = IssuedCertificate.Leaf(subject: "CN=other");
        _certificate = _folder.Write("other.pem", other.CertificatePem);
        _key = _folder.Write("other-key.pem", other.KeyPem);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task UpdateThatAnotherOneOvertakes_SaysSoAndIsExit1()
    {
        await using var proxy = Answering(request =>
        {
            Store(IssuedCertificate.Leaf(subject: "CN=third"), create: false);
            return new ControlAnswer { Process = 7, InForce = 3 };
        });

        var run = await RunAsync("update", "--cert", _certificate, "--key", _key);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"Version 2 of {Name} was stored in {_store.Folder}; version 3 is current.", run.Output, StringComparison.Ordinal);
        Assert.Contains($"error: Version 2 of '{Name}' is not current: another change came while it was tried, and version 3 is.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update")]
    [InlineData("disable")]
    public async Task ProxyWithoutAnAnswer_IsExit1(string verb)
    {
        await using var proxy = Answering(static _ => throw new InvalidOperationException());
        string[] files = verb == "update" ? ["--cert", _certificate, "--key", _key] : [];

        var text = await RunAsync(verb, files);
        var json = await RunAsync(verb, [.. files, "--output", "json"]);

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        Assert.Contains("makes of the change is not known: it gave no answer (it ended the connection without an answer).", text.Error, StringComparison.Ordinal);
        Assert.Equal("unanswered", JsonDocument.Parse(json.Output).RootElement.GetProperty("proxies")[0].GetProperty("result").GetString());
    }

    [Fact]
    public async Task DeleteOfOneThatIsSwitchedOff_DoesNotAdviseToSwitchItOff()
    {
        await using var proxy = Answering(static _ => new ControlAnswer { Process = 7, Routes = ["the-route"], Problem = "The certificate 'alice' is disabled" });

        var run = await RunAsync("delete");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"error: The certificate '{Name}' is not presented now, but the running proxy 7 has it in the-route.\nnext: Take it out of these routes first", run.Error, StringComparison.Ordinal);
    }

    private ControlSocket Answering(Func<ControlRequest, ControlAnswer> answer)
        => ControlSocket.TryOpen(_store.Folder, (request, _) => Task.FromResult(answer(request)), out var problem) ?? throw new InvalidOperationException(problem);

    private void Store(IssuedCertificate issued, bool create)
    {
        using var pair = CertificatePair.Parse(issued.CertificatePem, issued.KeyPem, null, [])!;
        if (create)
        {
            _store.Create(Name, pair, [EnvironmentType.Development]);
        }
        else
        {
            _store.Update(Name, pair, null);
        }
    }

    private Task<CliRun> RunAsync(string verb, params string[] more) => CliRun.Of(["mtls-certificate", verb, Name, "--store", _store.Folder, .. more]);
}
