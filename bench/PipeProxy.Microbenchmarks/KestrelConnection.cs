using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace PipeProxy.Microbenchmarks;

/// <summary>Kestrel as it stands: its own connection object with its own request line, fields and strings takes one head, and is made ready for the next, as it does between two requests.</summary>
/// <remarks>
/// What Kestrel's benchmarks RequestParsing and Http1ConnectionParsingOverhead run. The types are internal, so they are put together by reflection; what is called per head is a delegate on the object itself.
/// A head that equals the one before is the best case for Kestrel, which keeps the strings of equal values: <see cref="ParseChanging"/> alternates between two that differ in their values.
/// </remarks>
internal sealed class KestrelConnection
{
    private const BindingFlags Everything = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly Parser _parse;
    private readonly Action _reset;
    private byte[] _other = [];
    private byte[] _otherOf = [];
    private bool _odd;

    public KestrelConnection()
    {
        var options = new KestrelServerOptions();
        var services = Make("Internal.ServiceContext");
        Set(services, "ServerOptions", options);
        Set(services, "Log", Make("Internal.Infrastructure.KestrelTrace", NullLoggerFactory.Instance));
        Set(services, "HttpParser", Make(typeof(HttpParser<>).MakeGenericType(TypeOf("Internal.Http.Http1ParsingHandler")), false));
        Set(services, "DateHeaderValueManager", Make("Internal.Http.DateHeaderValueManager", TimeProvider.System));
        Set(services, "TimeProvider", TimeProvider.System);

        var (input, output) = (new Pipe(), new Pipe());
        var context = Make(
            "Internal.HttpConnectionContext", "connection", HttpProtocols.Http1, null, null, services, new FeatureCollection(), MemoryPool<byte>.Shared,
            new IPEndPoint(IPAddress.Loopback, 80), new IPEndPoint(IPAddress.Loopback, 40000), null);
        Set(context, "Transport", new Duplex(input.Reader, output.Writer));
        Set(context, "TimeoutControl", Make("Internal.Infrastructure.TimeoutControl", null, TimeProvider.System));

        var connection = Make("Internal.Http.Http1Connection", context);
        _reset = Method(connection, "Reset").CreateDelegate<Action>(connection);
        _parse = Method(connection, "ParseRequest").CreateDelegate<Parser>(connection);
    }

    private delegate bool Parser(ref SequenceReader<byte> reader);

    /// <summary>Takes one head.</summary>
    public bool Parse(byte[] wire)
    {
        _reset();
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(wire));
        return _parse(ref reader);
    }

    /// <summary>Takes one head, or the same with other values: no string can be kept.</summary>
    public bool ParseChanging(byte[] wire)
    {
        if (!ReferenceEquals(_otherOf, wire))
        {
            (_otherOf, _other) = (wire, WithOtherValues(wire));
        }

        _odd = !_odd;
        return Parse(_odd ? wire : _other);
    }

    // The last letter or digit of each line becomes another one; lengths and names stay.
    private static byte[] WithOtherValues(byte[] wire)
    {
        var other = wire.ToArray();
        for (var i = other.AsSpan().IndexOf("\r\n"u8) + 2; i < other.Length - 2; i++)
        {
            if (other[i + 1] == '\r' && char.IsAsciiLetterOrDigit((char)other[i]))
            {
                other[i] = other[i] == '1' ? (byte)'2' : (byte)'1';
            }
        }

        return other;
    }

    private static Type TypeOf(string name) => typeof(KestrelServerOptions).Assembly.GetType($"Microsoft.AspNetCore.Server.Kestrel.Core.{name}", throwOnError: true)!;

    private static object Make(string type, params object?[] arguments) => Make(TypeOf(type), arguments);

    // Constructors may have grown optional parameters.
    private static object Make(Type type, params object?[] arguments)
    {
        var constructor = type.GetConstructors(Everything).OrderBy(static one => one.GetParameters().Length).First(one => one.GetParameters().Length >= arguments.Length);
        var parameters = constructor.GetParameters();
        return constructor.Invoke([.. arguments, .. parameters[arguments.Length..].Select(static one => one.HasDefaultValue ? one.DefaultValue : null)]);
    }

    private static void Set(object target, string property, object value) => target.GetType().GetProperty(property, Everything)!.SetValue(target, value);

    private static MethodInfo Method(object target, string name)
    {
        for (var type = target.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetMethod(name, Everything | BindingFlags.DeclaredOnly) is { } method)
            {
                return method;
            }
        }

        throw new MissingMethodException(target.GetType().Name, name);
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
