using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A chunked body with a fault is refused, and the origin, which has its head already, never gets a whole message.</summary>
public sealed class ChunkedRefusalTests(VectorOrigin origin) : IClassFixture<VectorOrigin>
{
    public static MatrixTheoryData<string, bool, TestBuffers> Refused { get; } = new(
        Http1Vectors.Requests.Where(static vector => !vector.IsAccepted && VectorOrigin.IsFaultOfTheBody(vector)).Select(static vector => vector.Name), [true, false], Enum.GetValues<TestBuffers>());

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task FaultInTheBody_IsAnsweredClosedAndNoWholeMessage(string name, bool whole, TestBuffers buffers)
    {
        var messages = origin.Messages;
        await FramingRefusalTests.AssertRefusedAsync(origin.ProxyWith(buffers), Http1Vectors.Named(name), whole);

        Assert.Equal(200, (await origin.ProxyWith(buffers).GetAsync("/after")).StatusCode);
        Assert.Equal(messages + 1, origin.Messages);
    }
}
