using System.Security.Cryptography;
using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tests.Certificates;

public sealed class CertificateStoreAtomicityTests : IDisposable
{
    private static readonly EnvironmentType[] Production = [EnvironmentType.Production];

    private readonly TemporaryFolder _folder = new();
    private readonly IssuedCertificate _a = IssuedCertificate.Good;
    private readonly IssuedCertificate _b = IssuedCertificate.Leaf();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LeftoversOfDeadWriters_AreIgnoredAndRemovedByTheNext()
    {
        var store = Store();
        using var pair = _a.ToPair();
        store.Create("a", pair, Production);

        // As a writer leaves them that dies while it writes a version, before the switch, while it deletes, and while it replaces a file.
        Copy("a/versions/1", $"a/versions/{DurableFolder.TemporaryName()}");
        Copy("a/versions/1", "a/versions/2");
        Copy("a", DurableFolder.TemporaryName());
        File.WriteAllText(InStore($"a/{DurableFolder.TemporaryName()}"), "2");
        File.WriteAllText(InStore($"a/versions/1/{DurableFolder.TemporaryName()}"), "{");
        Directory.CreateDirectory(InStore("half/versions/1"));

        var set = store.Load();
        Assert.Empty(set.Errors);
        Assert.Equal(1, Assert.Single(set.Certificates).Value.Version);
        Assert.Single(store.List());

        using var other = _b.ToPair();
        Assert.Equal(2, store.Update("a", other, null));
        store.Create("half", pair, Production);

        Assert.Equal(_b.Fingerprint, CertificateStore.FingerprintOf(store.Load().Certificates["a"].Leaf));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(InStore(""), "*", SearchOption.AllDirectories), static path => path.Contains(DurableFolder.TemporaryPrefix, StringComparison.Ordinal));
    }

    [Fact]
    public void LeftoversOfACreateThatDied_AreRemovedByTheNextWriterOfAnyName()
    {
        var store = Store();
        using var pair = _a.ToPair();
        store.Create("a", pair, Production);
        Copy("a/versions/1", $"dead/versions/{DurableFolder.TemporaryName()}");
        Copy("a/versions/1", "switchless/versions/1");
        Copy("a/versions/1", "a/versions/2");
        Copy("a/versions/1", "damaged/versions/7");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(InStore("others/versions/1")).FullName, "theirs"), "");

        store.SetEnabled("a", false);

        Assert.Equal(["a", "damaged", "others"], Directory.EnumerateDirectories(InStore("")).Select(Path.GetFileName).Order());
        Assert.Equal(["a/versions/1", "damaged/versions/7"], KeyFolders());
        Assert.True(File.Exists(InStore("others/versions/1/theirs")));
    }

    [Fact]
    public void WriteThatFails_LeavesNoKeyBehind()
    {
        var store = Store();
        using var pair = _a.ToPair();
        store.Create("a", pair, Production);

        // The switch fails, as on a full disk: a folder has the name of its file.
        Directory.CreateDirectory(InStore("b/current"));
        Assert.Throws<CertificateException>(() => store.Create("b", pair, Production));

        // The pair fails, between its certificate and its key.
        using var other = _b.ToPair();
        var key = RSA.Create();
        key.Dispose();
        var keyless = CertificatePair.Of(other.Certificates, key);
        Assert.ThrowsAny<Exception>(() => store.Create("c", keyless, Production));
        Assert.ThrowsAny<Exception>(() => store.Update("a", keyless, null));

        Assert.Equal(["a/versions/1"], KeyFolders());
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(InStore(""), "*", SearchOption.AllDirectories), static path => path.Contains(DurableFolder.TemporaryPrefix, StringComparison.Ordinal));
        Assert.False(Directory.Exists(InStore("c")));
        Assert.Equal(1, Assert.Single(store.Load().Certificates).Value.Version);
    }

    [Fact]
    public async Task ReaderBesideAWriter_AlwaysSeesAWholePair()
    {
        var store = Store();
        using var a = _a.ToPair();
        using var b = _b.ToPair();
        store.Create("x", a, Production);
        var writing = Task.Run(() =>
        {
            for (var i = 0; i < 60; i++)
            {
                store.Update("x", i % 2 == 0 ? b : a, i % 3 == 0 ? [EnvironmentType.Preview] : Production);
                store.SetEnabled("x", i % 5 != 0);
            }
        });

        var (reads, seen) = (0, new HashSet<string>());
        while (!writing.IsCompleted)
        {
            // A store of its own, as another process would have it: nothing comes from a cache.
            var set = Store().Load();
            Assert.Empty(set.Errors);
            seen.Add(CertificateStore.FingerprintOf(Assert.Single(set.Certificates).Value.Leaf));
            reads++;
        }

        await writing;
        Assert.True(reads > 1, $"{reads} reads");
        Assert.Subset(new HashSet<string> { _a.Fingerprint, _b.Fingerprint }, seen);
    }

    [Fact]
    public async Task TwoWriters_TakeTurns()
    {
        using var a = _a.ToPair();
        Store().Create("x", a, Production);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10; i++)
            {
                Store().Update("x", a, null);
            }
        })));
        Assert.Equal(21, Store().Describe("x").Version);
    }

    [Fact]
    public void HeldLock_IsWaitedForWithABound()
    {
        Directory.CreateDirectory(InStore(""));
        using var held = StoreLock.Take(InStore(""), TimeSpan.Zero);
        var refused = Assert.Throws<CertificateException>(() => StoreLock.Take(InStore(""), TimeSpan.FromMilliseconds(1)));
        Assert.Contains("held by another command", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LockThatCannotBeMade_IsToldWithItsCause()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows makes no links without a privilege.");
        Directory.CreateDirectory(InStore(""));
        File.CreateSymbolicLink(InStore(StoreLock.FileName), StoreLock.FileName);
        using var pair = IssuedCertificate.Good.ToPair();

        // A link that goes in circles fails as a full disk does: at once, and not because somebody holds it.
        var refused = Assert.Throws<CertificateException>(() => Store().Create("a", pair, [EnvironmentType.Production]));

        Assert.StartsWith($"The certificate store {InStore("")} cannot be changed: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("symbolic links", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("held by", refused.Message, StringComparison.Ordinal);
    }

    private CertificateStore Store() => new(InStore(""));

    private string InStore(string path) => Path.Combine(_folder.File("store"), path);

    private IEnumerable<string> KeyFolders()
        => Directory.EnumerateFiles(InStore(""), CertificateFolder.KeyFile, SearchOption.AllDirectories).Select(path => Path.GetRelativePath(InStore(""), Path.GetDirectoryName(path)!)).Order();

    private void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(InStore(from), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(InStore(to), Path.GetRelativePath(InStore(from), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
