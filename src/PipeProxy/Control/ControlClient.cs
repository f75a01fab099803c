using System.Net.Sockets;
using System.Text.Json;

namespace PipeProxy.Control;

/// <summary>Asks the proxies that run with a store.</summary>
internal static class ControlClient
{
    /// <summary>Asks all of them at once. Sockets of this host's proxies that are gone are removed.</summary>
    /// <param name="folder">The store's.</param>
    /// <param name="request">The same for each.</param>
    /// <param name="patience">How long an answer may take.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>One answer per running proxy; one without any is told by <see cref="ControlAnswer.Error"/>. Empty when none runs.</returns>
    internal static async Task<IReadOnlyList<ControlAnswer>> AskAsync(string folder, ControlRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(ControlFile.Find(folder).Select(path => AskOneAsync(path, request, patience, cancellationToken))).ConfigureAwait(false);
        return [.. answers.OfType<ControlAnswer>()];
    }

    private static async Task<ControlAnswer?> AskOneAsync(string path, ControlRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (ControlFile.AddressOf(path) is not { } address)
        {
            return Unanswered(path, "the path of its socket is too long; run the command from the store's folder");
        }

        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(patience);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, bound.Token).ConfigureAwait(false);
            await ControlLine.WriteAsync(socket, request, ControlJson.Default.ControlRequest, bound.Token).ConfigureAwait(false);
            return await ControlLine.ReadAsync(socket, ControlLine.MaxAnswerBytes, bound.Token).ConfigureAwait(false) is { } line
                ? JsonSerializer.Deserialize(line, ControlJson.Default.ControlAnswer) ?? Unanswered(path, "its answer is empty")
                : Unanswered(path, "it ended the connection without an answer");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // It had listened before it got its name, so nobody will ever answer here; a proxy of another host may answer there.
            if (ControlFile.IsOfThisHost(path))
            {
                LeftoverSockets.TryRemove(path);
            }

            return null;
        }
        catch (SocketException e) when (!File.Exists(path))
        {
            // It stopped between the look and the question.
            _ = e;
            return null;
        }
        catch (SocketException e)
        {
            return Unanswered(path, e.Message);
        }
        catch (JsonException)
        {
            return Unanswered(path, "its answer is not what this release understands");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unanswered(path, $"it did not answer within {patience.TotalSeconds:0} s");
        }
    }

    private static ControlAnswer Unanswered(string path, string why)
    {
        var process = Path.GetFileName(path).Split('-') is [_, _, ..] parts && int.TryParse(parts[1], out var number) ? number : 0;
        return new ControlAnswer { Process = process, Error = why };
    }
}
