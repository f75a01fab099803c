using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text.Json;

namespace PipeProxy.Control;

/// <summary>A running proxy's Unix socket in the store's folder: commands ask there what became of a change. Serves on the thread pool, on no loop.</summary>
/// <remarks>
/// Protected three times: the folder is its owner's (0700), the socket too (0600), and a peer of another user is turned away. The socket
/// listens before it has its name, so a name that was given on this host and refuses a connection belongs to nobody any more and may be removed.
/// </remarks>
internal sealed class ControlSocket : IAsyncDisposable
{
    private const int MaxConnections = 16;
    private static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(5);

    private readonly Socket _listener;
    private readonly Func<ControlRequest, CancellationToken, Task<ControlAnswer>> _answer;
    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _places = new(MaxConnections, MaxConnections);
    private readonly Task _accepting;

    private ControlSocket(Socket listener, string path, Func<ControlRequest, CancellationToken, Task<ControlAnswer>> answer)
    {
        _listener = listener;
        _answer = answer;
        Path = path;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it is.</summary>
    internal string Path { get; }

    /// <summary>Opens a socket in a folder that exists, and removes what killed proxies of this host left there.</summary>
    /// <param name="folder">The store's.</param>
    /// <param name="answer">Answers a request; the token ends with the socket.</param>
    /// <param name="problem">Why there is none, a clause.</param>
    internal static ControlSocket? TryOpen(string folder, Func<ControlRequest, CancellationToken, Task<ControlAnswer>> answer, out string problem)
    {
        problem = "";
        LeftoverSockets.Remove(folder);
        var path = System.IO.Path.Combine(folder, ControlFile.NewName());
        var unnamed = path + "-new";
        if (ControlFile.AddressOf(unnamed) is not { } address)
        {
            problem = $"the path {path} is too long for a socket";
            return null;
        }

        Socket? listener = null;
        try
        {
            listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(address);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(unnamed, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            listener.Listen(MaxConnections);
            File.Move(unnamed, path);
            return new ControlSocket(listener, path, answer);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
            listener?.Dispose();
            File.Delete(unnamed);
            return null;
        }
    }

    /// <summary>Answers nobody any more, and takes its name away.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        try
        {
            File.Delete(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever finds it finds nobody there, and removes it.
        }
    }

    private async Task AcceptAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await _places.WaitAsync(_ended.Token).ConfigureAwait(false);
                var peer = await _listener.AcceptAsync(_ended.Token).ConfigureAwait(false);
                _ = Task.Run(() => ServeAsync(peer));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The peer went before it was accepted, or there is no descriptor to give.
                _places.Release();
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A request that fails must not end the process; whoever asked sees the connection end.")]
    private async Task ServeAsync(Socket peer)
    {
        try
        {
            using (peer)
            {
                if (PeerCredentials.IsOurs(peer))
                {
                    await ControlLine.WriteAsync(peer, await AnswerAsync(peer).ConfigureAwait(false), ControlJson.Default.ControlAnswer, _ended.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception)
        {
            // The peer went, or the proxy stops.
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<ControlAnswer> AnswerAsync(Socket peer)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        patience.CancelAfter(RequestPatience);
        if (await ControlLine.ReadAsync(peer, ControlLine.MaxRequestBytes, patience.Token).ConfigureAwait(false) is not { } line)
        {
            return Refusal($"a request is one line of at most {ControlLine.MaxRequestBytes} bytes");
        }

        return Parse(line) is not { } request ? Refusal("the request is not JSON as this protocol has it")
            : request.Version != ControlRequest.CurrentVersion ? Refusal($"the proxy speaks version {ControlRequest.CurrentVersion} of the protocol, the request version {request.Version}; use the same release for both")
            : await _answer(request, _ended.Token).ConfigureAwait(false);
    }

    /// <summary>Reads a request; null when it is none.</summary>
    internal static ControlRequest? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJson.Default.ControlRequest) is { Command: not null } request ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Says why there is no answer.</summary>
    internal static ControlAnswer Refusal(string why) => new() { Process = Environment.ProcessId, Error = why };
}
