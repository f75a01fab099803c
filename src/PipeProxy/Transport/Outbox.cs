namespace PipeProxy.Transport;

/// <summary>The connections of one loop that have something to send, kept until the end of the round.</summary>
/// <remarks>
/// A round handles the events of many connections. What they write leaves together, when all events are handled: whoever receives is woken once and finds it all, instead of being woken for each, which on one machine costs
/// more than the send (docs/decisions/0017). A connection that has nothing to send any more when its turn comes has sent it by itself, or has ended.
/// </remarks>
internal sealed class Outbox
{
    private readonly List<SocketConnection> _connections = [];

    /// <summary>Being emptied: what is sent now may go out together.</summary>
    internal bool IsSending { get; private set; }

    /// <summary>How often it was emptied: what was flushed under the same number has not left, however many events were handled meanwhile.</summary>
    internal uint Turn { get; private set; }

    /// <summary>Puts a connection in; once per round.</summary>
    internal void Add(SocketConnection connection) => _connections.Add(connection);

    /// <summary>Sends for each; at the end of the loop's round.</summary>
    internal void SendAll()
    {
        Turn++;
        if (_connections.Count == 0)
        {
            return;
        }

        IsSending = true;
        foreach (var connection in _connections)
        {
            connection.SendHeld();
        }

        IsSending = false;
        _connections.Clear();
    }
}
