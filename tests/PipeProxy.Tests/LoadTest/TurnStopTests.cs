using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Turns;
using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

/// <summary>Ctrl-C ends <c>turns</c> whatever it waits for: none of these waits would end within the test.</summary>
public sealed class TurnStopTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task DuringATurn_ItIsLeftOut()
    {
        using CancellationTokenSource stop = new();
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await stop.CancelAsync();
                await connection.WriteAsync(Answer);
            }
        });
        Assert.Empty(await new TurnRun(Plan(origin) with { Turn = Never }, progress: null).RunAsync(stop.Token).WaitAsync(Soon, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task WhileTheLastAnswerIsDue_ItIsNotWaitedFor()
    {
        using CancellationTokenSource stop = new();
        await using var origin = ByteOrigin.Start(async connection =>
        {
            _ = await connection.TryReadHeadAsync();
            await stop.CancelAsync();
            _ = await connection.TryReadHeadAsync();
        });
        Assert.Empty(await new TurnRun(Plan(origin) with { Turn = TimeSpan.FromMilliseconds(1) }, progress: null).RunAsync(stop.Token).WaitAsync(Soon, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task BetweenTurns_WhatWasWholeStays()
    {
        using CancellationTokenSource stop = new();
        await using var first = ByteOrigin.Answering(Answer);
        await using var second = ByteOrigin.Start(async connection =>
        {
            _ = await connection.TryReadHeadAsync();
            await stop.CancelAsync();
            _ = await connection.TryReadHeadAsync();
        });
        var results = await new TurnRun(Plan(first, second) with { Turn = TimeSpan.FromMilliseconds(20) }, progress: null).RunAsync(stop.Token).WaitAsync(Soon, TestContext.Current.CancellationToken);
        Assert.Equal("a", Assert.Single(results).Target);
    }

    [Fact]
    public async Task WhileConnectionsAreOpened_TheyAreNotWaitedFor()
    {
        using CancellationTokenSource stop = new();

        // Accepts by the system's backlog alone: a TLS handshake is never answered.
        using System.Net.Sockets.TcpListener silent = new(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var accepted = silent.AcceptSocketAsync(TestContext.Current.CancellationToken);
        Assert.True(TurnTarget.TryParse($"a=https://{silent.LocalEndpoint}/", out var target, out _));
        var run = new TurnRun(Plan([target, target with { Name = "b" }]), progress: null).RunAsync(stop.Token);
        using var socket = await accepted;
        await stop.CancelAsync();
        Assert.Empty(await run.WaitAsync(Soon, TestContext.Current.CancellationToken));
    }

    /// <summary>Left before the name is asked for: without the token this would be an error of the resolver.</summary>
    [Fact]
    public async Task BeforeNamesAreResolved_TheyAreNotWaitedFor()
    {
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();
        Assert.True(TurnTarget.TryParse("a=http://nothing.invalid/", out var target, out _));
        Assert.Empty(await new TurnRun(Plan([target, target with { Name = "b" }]), progress: null).RunAsync(stop.Token).WaitAsync(Soon, TestContext.Current.CancellationToken));
    }

    private static TurnPlan Plan(params ByteOrigin[] origins)
        => Plan([.. new[] { "a", "b" }.Select((name, index) => TurnTarget.TryParse($"{name}={origins[Math.Min(index, origins.Length - 1)].Url}/", out var target, out var wrong) ? target : throw new ArgumentException(wrong))]);

    private static TurnPlan Plan(IReadOnlyList<TurnTarget> targets) => new()
    {
        Targets = targets,
        Load = new LoadPlan { Targets = [.. targets.Select(static target => target.Target)], Request = new RequestTemplate { Method = "GET" }, Connections = 1, Timeout = Never },
    };
}
