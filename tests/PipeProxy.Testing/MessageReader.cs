using System.Text;
using PipeProxy.Http1;
using Xunit;

namespace PipeProxy.Testing;

/// <summary>What a message came to, in a form that can be compared between two ways of delivery.</summary>
internal sealed record Verdict(ParseStatus Status, Http1Rejection Rejection, string Head, FramingKind Framing, string Body, string Trailers, int Length)
{
    public static readonly Verdict NeedMore = new(ParseStatus.NeedMore, Http1Rejection.None, "", FramingKind.None, "", "", 0);

    public static Verdict Rejected(Http1Rejection rejection) => NeedMore with { Status = ParseStatus.Rejected, Rejection = rejection };
}

/// <summary>Plays a message to parser, framing and decoder as a connection would, in the pieces it is given.</summary>
internal sealed class MessageReader(bool isResponse, HttpMethodKind requestMethod, HeadLimits limits)
{
    private readonly RequestHead _request = new();
    private readonly ResponseHead _response = new();
    private readonly StringBuilder _body = new();
    private readonly StringBuilder _trailers = new();
    private string _summary = "";
    private MessageFraming _framing;
    private ChunkedDecoder _decoder;
    private bool _headDone;
    private int _position;

    public static Verdict Read(
        byte[] wire, IEnumerable<int> ends, bool isResponse, HttpMethodKind requestMethod = HttpMethodKind.Get, HeadLimits? limits = null)
    {
        var reader = new MessageReader(isResponse, requestMethod, limits ?? HeadLimits.Default);
        var verdict = Verdict.NeedMore;
        foreach (var end in ends)
        {
            // A copy of exactly the bytes at hand: what lies behind them cannot be read.
            verdict = reader.Continue(wire[..end]);
            if (verdict.Status != ParseStatus.NeedMore)
            {
                break;
            }
        }

        return verdict;
    }

    /// <summary>Gives all bytes from the message's first on; more than in the last call.</summary>
    public Verdict Continue(byte[] bytes)
    {
        if (!_headDone)
        {
            var status = ReadHead(bytes, out var rejection);
            if (status != ParseStatus.Done)
            {
                return status == ParseStatus.NeedMore ? Verdict.NeedMore : Verdict.Rejected(rejection);
            }
        }

        return _framing.Kind switch
        {
            FramingKind.Rejected => Verdict.Rejected(_framing.Rejection),
            FramingKind.Chunked => ReadChunks(bytes),
            FramingKind.Length when bytes.Length - _position < _framing.Length => Verdict.NeedMore,
            FramingKind.Length => Whole(bytes, _position + (int)_framing.Length),
            FramingKind.None => Whole(bytes, _position),
            _ => Whole(bytes, bytes.Length),
        };
    }

    private ParseStatus ReadHead(byte[] bytes, out Http1Rejection rejection)
    {
        MessageHead head = isResponse ? _response : _request;
        var status = isResponse
            ? Http1Parser.ParseResponse(bytes, _response, limits, out rejection)
            : Http1Parser.ParseRequest(bytes, _request, limits, out rejection);
        Assert.Equal(status == ParseStatus.Rejected, rejection != Http1Rejection.None);
        if (status == ParseStatus.Done)
        {
            head.Attach(bytes);
            _framing = isResponse ? MessageFraming.OfResponse(_response, requestMethod) : MessageFraming.OfRequest(_request);
            _summary = isResponse ? SummaryOf(_response) : SummaryOf(_request);
            _position = head.Length;
            _headDone = true;
        }

        return status;
    }

    private Verdict ReadChunks(byte[] bytes)
    {
        while (true)
        {
            var input = bytes.AsSpan(_position);
            var status = _decoder.Decode(input, out var consumed, out var offset, out var length);
            switch (status)
            {
                case DecodeStatus.Data:
                    Assert.True(length > 0, "Data without a byte.");
                    _body.Append(Encoding.Latin1.GetString(input.Slice(offset, length)));
                    break;
                case DecodeStatus.TrailerField:
                    _trailers.Append(Encoding.Latin1.GetString(_decoder.TrailerName.In(input))).Append('=')
                        .Append(Encoding.Latin1.GetString(_decoder.TrailerValue.In(input))).Append('\n');
                    break;
            }

            _position += consumed;
            switch (status)
            {
                case DecodeStatus.NeedMore:
                    return Verdict.NeedMore;
                case DecodeStatus.Rejected:
                    return Verdict.Rejected(_decoder.Rejection);
                case DecodeStatus.Done:
                    return new Verdict(ParseStatus.Done, Http1Rejection.None, _summary, _framing.Kind, _body.ToString(), _trailers.ToString(), _position);
            }
        }
    }

    private Verdict Whole(byte[] bytes, int end)
        => new(ParseStatus.Done, Http1Rejection.None, _summary, _framing.Kind, Encoding.Latin1.GetString(bytes.AsSpan(_position, end - _position)), "", end);

    private static string SummaryOf(RequestHead head)
        => $"{Text(head.MethodSpan)}|{head.Method}|{head.TargetForm}|{Text(head.Target)}|{Text(head.Path)}|{Text(head.Query)}|{Text(head.HostOrAuthority)}"
            + $"|{head.ExpectContinue}|" + SummaryOf((MessageHead)head);

    private static string SummaryOf(ResponseHead head) => $"{head.StatusCode}|{Text(head.Reason)}|" + SummaryOf((MessageHead)head);

    private static string SummaryOf(MessageHead head)
        => $"{head.MinorVersion}|{head.Connection}|{head.KeepAlive}|{head.Length}|" + string.Join('\n', Enumerable.Range(0, head.Fields.Count)
            .Select(i => $"{Text(head.Fields.NameOf(i))}={Text(head.Fields.ValueOf(i))};{head.Fields[i].Known};{head.Fields[i].IsNominated}"));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
