using System.Diagnostics.CodeAnalysis;
using System.Net;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>Connects to one of an origin's addresses: the first that answers (RFC 8305, "happy eyeballs"). Loop-owned, one race each.</summary>
/// <remarks>
/// An attempt that has not connected after <see cref="AttemptDelay"/> is left to run and joined by one to the next address; one that fails is followed at once. The first connection wins, the others are closed. Each attempt has the
/// connect timeout of its own, so that the whole takes at most that and a delay for each address.
/// </remarks>
internal sealed class ConnectRace(EventLoop loop, IReadOnlyList<IPAddress> addresses, int port, TimeSpan timeout) : IDeadlineOwner
{
    /// <summary>RFC 8305 section 5 recommends it. Kept to a tick of the loop's deadlines.</summary>
    internal static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    // Completed on the loop, and whoever awaits it goes on there.
    private readonly TaskCompletionSource<(SocketConnection?, IPAddress?)> _won = new();
    private readonly List<ConnectAttempt> _underWay = [];
    private Deadline? _next;
    private int _begun;
    private bool _over;

    /// <summary>How the last attempt that failed did: when all fail, they mostly fail alike.</summary>
    public IoStatus LastStatus { get; private set; }

    /// <summary>Whom it went to.</summary>
    public IPEndPoint LastEndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Addresses in the order in which they are tried: families take turns (RFC 8305 section 4), beginning with the one that the resolver put first; within a family each dial begins with another, so that all share the load.</summary>
    public static IReadOnlyList<IPAddress> Order(IReadOnlyList<IPAddress> addresses, uint turn)
    {
        if (addresses.Count <= 1)
        {
            return addresses;
        }

        var family = addresses[0].AddressFamily;
        IPAddress[] first = [.. addresses.Where(address => address.AddressFamily == family)];
        IPAddress[] second = [.. addresses.Where(address => address.AddressFamily != family)];
        var ordered = new List<IPAddress>(addresses.Count);
        for (var i = 0; i < Math.Max(first.Length, second.Length); i++)
        {
            AddOf(first, i);
            AddOf(second, i);
        }

        return ordered;

        void AddOf(IPAddress[] family, int i)
        {
            if (i < family.Length)
            {
                ordered.Add(family[(int)((turn + (uint)i) % (uint)family.Length)]);
            }
        }
    }

    /// <summary>Runs the race. On failure <see cref="LastStatus"/> says why.</summary>
    public Task<(SocketConnection? Socket, IPAddress? Address)> RunAsync()
    {
        loop.AssertInside();
        BeginNext();
        return _won.Task;
    }

    void IDeadlineOwner.OnDeadline(DeadlineKind kind) => BeginNext();

    private void BeginNext()
    {
        if (_over || _begun == addresses.Count)
        {
            if (!_over && _underWay.Count == 0)
            {
                Finish(null, null);
            }

            return;
        }

        var address = addresses[_begun++];
        if (_begun < addresses.Count)
        {
            _next ??= new Deadline(loop, this);
            _next.Set(AttemptDelay, DeadlineKind.Connect);
        }
        else
        {
            _next?.Clear();
        }

        _ = TryAsync(address);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong reaches whoever awaits the race.")]
    private async Task TryAsync(IPAddress address)
    {
        var endPoint = new IPEndPoint(address, port);
        var attempt = new ConnectAttempt(loop, endPoint);
        _underWay.Add(attempt);
        try
        {
            var result = await attempt.RunAsync(timeout);
            _underWay.Remove(attempt);
            if (_over)
            {
                result.Connection?.Close();
            }
            else if (result.Connection is { } socket)
            {
                Finish(socket, address);
            }
            else
            {
                (LastStatus, LastEndPoint) = (result.Status, endPoint);
                BeginNext();
            }
        }
        catch (Exception e)
        {
            _over = true;
            _next?.Clear();
            _won.TrySetException(e);
        }
    }

    private void Finish(SocketConnection? socket, IPAddress? address)
    {
        _over = true;
        _next?.Clear();
        foreach (var loser in _underWay)
        {
            loser.GiveUp();
        }

        _won.SetResult((socket, address));
    }
}
