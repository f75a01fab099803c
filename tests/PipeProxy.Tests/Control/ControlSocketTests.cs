using System.Net.Sockets;
using System.Text;
using PipeProxy.Control;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Control;

public sealed class ControlSocketTests : IDisposable
{
    private static readonly ControlRequest Question = new(ControlRequest.CurrentVersion, ControlCommand.Usage, "alice");

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Question_IsAnsweredByEveryProxyOfTheFolder()
    {
        await using var one = Open(request => new ControlAnswer { Routes = [request.Certificate!] });
        await using var two = Open(static _ => new ControlAnswer { Routes = [] });

        var answers = await AskAsync();

        Assert.Equal([0, 1], answers.Select(static answer => answer.Routes!.Count).Order());
    }

    [Fact]
    public async Task Socket_IsItsOwnersAlone()
    {
        await using var socket = Open(static _ => new ControlAnswer());

        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(socket.Path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task SocketThatNobodyListensAt_IsRemovedAndNobodyAnswers()
    {
        var left = LeaveSocket(ControlFile.NewName());

        Assert.Empty(await AskAsync());
        Assert.False(File.Exists(left));
    }

    [Theory]
    [InlineData(".proxy-1-00000000-0123abcd.sock")]
    [InlineData(".proxy-1-0123abcd.sock")]
    public async Task SocketOfAnotherHost_IsLeftToIt(string name)
    {
        // To this host it looks the same whether somebody listens there or not.
        var others = LeaveSocket(name);

        Assert.Empty(await AskAsync());
        Assert.True(File.Exists(others));
    }

    [Fact]
    public async Task NewSocket_RemovesWhatADeadProxyOfThisHostLeftAndNothingElse()
    {
        var left = LeaveSocket(ControlFile.NewName());
        var others = LeaveSocket(".proxy-1-00000000-0123abcd.sock");
        await using var alive = Open(static _ => new ControlAnswer());

        // Its own start has removed the first one already.
        Assert.False(File.Exists(left));
        left = LeaveSocket(ControlFile.NewName());
        await using var started = Open(static _ => new ControlAnswer());

        Assert.Equal(new[] { alive.Path, started.Path, others }.Order(StringComparer.Ordinal), ControlFile.Find(_folder.Path));
        Assert.Equal(2, (await AskAsync()).Count);
    }

    [Fact]
    public async Task SocketWhoseProxyIsTooBusyToAccept_IsLeft()
    {
        // As a stopped process leaves it: its queue is full, and nobody takes from it.
        var path = _folder.Combine(ControlFile.NewName());
        using Socket busy = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        busy.Bind(new UnixDomainSocketEndPoint(path));
        busy.Listen(1);
        using var waiting = new SocketsOfOneQueue(path);

        await using var started = Open(static _ => new ControlAnswer());

        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData("", "a request is one line")]
    [InlineData("{", "a request is one line")]
    [InlineData("{\n", "is not JSON")]
    [InlineData("null\n", "is not JSON")]
    [InlineData("{\"version\":1}\n", "is not JSON")]
    [InlineData("[]\n", "is not JSON")]
    [InlineData("{\"version\":2,\"command\":\"usage\"}\n", "speaks version 1 of the protocol, the request version 2")]
    public async Task WhatIsNoRequest_IsToldSo(string sent, string told)
    {
        await using var socket = Open(static _ => throw new InvalidOperationException("It was taken for a request."));

        Assert.Contains(told, await ExchangeAsync(socket, Encoding.UTF8.GetBytes(sent)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestThatHasNoEnd_IsReadToItsLimitAndNoFurther()
    {
        await using var socket = Open(static _ => new ControlAnswer());

        Assert.Contains("a request is one line", await ExchangeAsync(socket, new byte[ControlLine.MaxRequestBytes]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswerThatFails_EndsItsConnectionAndNotTheSocket()
    {
        var fails = true;
        await using var socket = Open(_ => fails ? throw new InvalidOperationException("a bug") : new ControlAnswer());

        Assert.Contains("ended the connection without an answer", Assert.Single(await AskAsync()).Error, StringComparison.Ordinal);
        fails = false;
        Assert.Null(Assert.Single(await AskAsync()).Error);
    }

    // One that nobody listens at.
    private string LeaveSocket(string name)
    {
        var path = _folder.Combine(name);
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
            File.Move(path, path + "2");
        }

        File.Move(path + "2", path);
        return path;
    }

    private ControlSocket Open(Func<ControlRequest, ControlAnswer> answer)
        => ControlSocket.TryOpen(_folder.Path, (request, _) => Task.FromResult(answer(request)), out var problem) ?? throw new InvalidOperationException(problem);

    private Task<IReadOnlyList<ControlAnswer>> AskAsync() => ControlClient.AskAsync(_folder.Path, Question, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    private static async Task<string> ExchangeAsync(ControlSocket to, byte[] sent)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(to.Path));
        await socket.SendAsync(sent);
        socket.Shutdown(SocketShutdown.Send);
        return Encoding.UTF8.GetString(await ControlLine.ReadAsync(socket, ControlLine.MaxAnswerBytes, TestContext.Current.CancellationToken) ?? []);
    }

    /// <summary>Connections that wait to be accepted, until no more may.</summary>
    private sealed class SocketsOfOneQueue : IDisposable
    {
        private readonly List<Socket> _sockets = [];

        public SocketsOfOneQueue(string path)
        {
            while (true)
            {
                _sockets.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false });
                try
                {
                    _sockets[^1].Connect(new UnixDomainSocketEndPoint(path));
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
                {
                    return;
                }
            }
        }

        public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());
    }
}
