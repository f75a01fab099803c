using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Cli;

/// <summary>A kill -9 at any instant of an update leaves the old pair or the new one.</summary>
public sealed class UpdateKillTests(ITestOutputHelper output) : IDisposable
{
    private const int Kills = 30;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task KilledDuringUpdate_LeavesAWholePair()
    {
        IssuedCertificate[] issued = [Fresh(), Fresh()];
        for (var i = 0; i < issued.Length; i++)
        {
            _folder.Write($"cert{i}.pem", issued[i].CertificatePem);
            _folder.Write($"key{i}.pem", issued[i].KeyPem);
        }

        var store = new CertificateStore(_folder.File("certificates"));
        using (var pair = issued[0].ToPair())
        {
            store.Create("a", pair, [EnvironmentType.Production]);
        }

        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var (current, killed, switched, leftovers) = (0, 0, 0, 0);
        for (var round = 0; round < Kills; round++)
        {
            var next = 1 - current;

            // The writes take a small part of the process's life, so the moment is taken from what happens in the store: the n-th event in it.
            var wanted = random.Next(1, 24);
            killed += await UpdateAndKillAsync(next, wanted) ? 1 : 0;

            var set = new CertificateStore(store.Folder).Load();
            Assert.True(set.Errors.Count == 0, $"round {round}, seed {seed}, event {wanted}: {string.Join('\n', set.Errors)}");
            var leaf = Assert.Single(set.Certificates).Value.Leaf;
            Assert.True(leaf.HasPrivateKey);
            var found = Array.FindIndex(issued, one => one.Fingerprint == CertificateStore.FingerprintOf(leaf));
            Assert.InRange(found, 0, 1);
            switched += found == next ? 1 : 0;
            leftovers += Directory.EnumerateFileSystemEntries(store.Folder, DurableFolder.TemporaryPrefix + "*", SearchOption.AllDirectories).Any() ? 1 : 0;
            current = found;
        }

        output.WriteLine($"{Kills} updates, {killed} killed before their end, {switched} had switched, {leftovers} left something behind");
        Assert.True(killed > 0, "No update was killed before its end.");

        var last = await PipeProxyBinary.RunAsync(Update(1 - current), _folder.Path);
        Assert.Equal((0, ""), (last.ExitCode, last.Error));
        Assert.Equal(issued[1 - current].Fingerprint, CertificateStore.FingerprintOf(store.Load().Certificates["a"].Leaf));
        Assert.Empty(Directory.EnumerateFileSystemEntries(store.Folder, DurableFolder.TemporaryPrefix + "*", SearchOption.AllDirectories));
    }

    private async Task<bool> UpdateAndKillAsync(int pair, int wantedEvent)
    {
        using var events = new FileSystemWatcher(_folder.File("certificates")) { IncludeSubdirectories = true };
        var count = 0;
        using var process = PipeProxyBinary.Start(Update(pair), _folder.Path);

        // Killed in the event's own call: nothing may come between.
        void OnEvent()
        {
            if (Interlocked.Increment(ref count) == wantedEvent)
            {
                process.Kill();
            }
        }

        events.Created += (_, _) => OnEvent();
        events.Changed += (_, _) => OnEvent();
        events.Renamed += (_, _) => OnEvent();
        events.Deleted += (_, _) => OnEvent();
        events.EnableRaisingEvents = true;

        // More events than an update makes: the process ends by itself, which is a round too.
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(bound.Token);

        // Off before the process object goes, which a late event would otherwise still use.
        events.EnableRaisingEvents = false;
        Interlocked.Add(ref count, int.MinValue / 2);
        return process.ExitCode != 0;
    }

    private static string[] Update(int pair)
        => ["mtls-certificate", "update", "--name", "a", "--cert", $"cert{pair}.pem", "--key", $"key{pair}.pem"];

    private static IssuedCertificate Fresh() => IssuedCertificate.Leaf(notBefore: DateTimeOffset.UtcNow.AddDays(-1), notAfter: DateTimeOffset.UtcNow.AddDays(365));
}
