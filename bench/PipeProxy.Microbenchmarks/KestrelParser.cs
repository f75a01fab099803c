using System.Buffers;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using PipeProxy.Http1;

namespace PipeProxy.Microbenchmarks;

/// <summary>Kestrel's parser, twice: with a handler that drops everything, as in Kestrel's own HttpParserBenchmark, and with one that does what a proxy needs.</summary>
/// <remarks>
/// Kestrel's parser splits lines and looks for CR, LF and NUL. Everything else our parser does in the same call is left to its handler:
/// names that are tokens, values without control characters, fields that are known, offsets, the target's parts, Host, Connection, framing.
/// </remarks>
internal sealed class KestrelParser
{
    private readonly HttpParser<DroppingHandler> _dropping = new(showErrorDetails: false);
    private readonly HttpParser<KeepingHandler> _keeping = new(showErrorDetails: false);
    private readonly Kept _kept = new();

    /// <summary>Splits one request head into lines and drops them.</summary>
    public bool Split(byte[] wire)
    {
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(wire));
        return _dropping.ParseRequestLine(default, ref reader) && _dropping.ParseHeaders(default, ref reader);
    }

    /// <summary>Splits one request head, and checks, recognises and keeps as our parser does.</summary>
    public bool Parse(byte[] wire)
    {
        _kept.Reset(wire);
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(wire));
        var handler = new KeepingHandler(_kept);
        return _keeping.ParseRequestLine(handler, ref reader) && _keeping.ParseHeaders(handler, ref reader) && _kept.Complete();
    }

    private readonly struct DroppingHandler : IHttpRequestLineHandler, IHttpHeadersHandler
    {
        public void OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine)
        {
        }

        public void OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
        }

        public void OnStaticIndexedHeader(int index)
        {
        }

        public void OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value)
        {
        }

        public void OnHeadersComplete(bool endStream)
        {
        }
    }

    private readonly struct KeepingHandler(Kept kept) : IHttpRequestLineHandler, IHttpHeadersHandler
    {
        public void OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine)
            => kept.TakeLine(versionAndMethod.Version, targetPath.Offset, startLine);

        public void OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => kept.TakeField(name, value);

        public void OnStaticIndexedHeader(int index)
        {
        }

        public void OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value)
        {
        }

        public void OnHeadersComplete(bool endStream)
        {
        }
    }

    // The handler's side, of our own parts.
    private sealed class Kept
    {
        private readonly RequestHead _head = new();
        private byte[] _wire = [];
        private bool _isValid;

        public void Reset(byte[] wire)
        {
            _head.Reset();
            _wire = wire;
            _isValid = true;
        }

        public void TakeLine(HttpVersion version, int target, ReadOnlySpan<byte> line)
        {
            // Kestrel gives the line through the end of the target.
            var end = line.Length;
            _head.MethodRange = new ByteRange(0, target - 1);
            _head.TargetRange = new ByteRange(target, end - target);
            _head.MinorVersion = version == HttpVersion.Http11 ? 1 : 0;
            _isValid &= !line[target..end].ContainsAnyExcept(Grammar.Target)
                && RequestTarget.Read(_wire, _head.TargetRange, HttpMethodKind.Get, out _head.Parts) == Http1Rejection.None;
        }

        public void TakeField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            _isValid &= Grammar.IsToken(name) && !value.ContainsAny(Grammar.Control);
            _head.Fields.Add(RangeOf(name), RangeOf(value), KnownFields.Recognize(name));
        }

        public bool Complete()
        {
            var host = _head.Fields.IndexOf(KnownField.Host);
            _isValid &= host >= 0 && !_head.Fields.IsRepeated(KnownField.Host) && Authority.IsValid(_wire, _head.Fields[host].Value)
                && ConnectionField.TryRead(_head.Fields, _wire, out _);
            _head.Attach(_wire);
            return _isValid && MessageFraming.OfRequest(_head).Kind == FramingKind.None;
        }

        private ByteRange RangeOf(ReadOnlySpan<byte> part)
        {
            _ = _wire.AsSpan().Overlaps(part, out var offset);
            return new ByteRange(offset, part.Length);
        }
    }
}
