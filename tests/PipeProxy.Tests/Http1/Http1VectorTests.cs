using System.Text;
using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Http1;

public sealed class Http1VectorTests
{
    public static TheoryData<string> Names => [.. Http1Vectors.All.Select(vector => vector.Name)];

    // After the others the connection has no next message.
    public static TheoryData<string> DelimitedNames
        => [.. Http1Vectors.All.Where(vector => vector.IsDelimited).Select(vector => vector.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Whole_GetsItsVerdict(string name)
    {
        var vector = Http1Vectors.Named(name);
        AssertVerdict(vector, Read(vector, vector.Bytes, [vector.Wire.Length]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void OneByteAtATime_GetsTheSameVerdictAndNoneBefore(string name)
    {
        var vector = Http1Vectors.Named(name);
        var reader = new MessageReader(vector.IsResponse, vector.RequestMethod, HeadLimits.Default);
        var bytes = vector.Bytes;
        var verdict = Verdict.NeedMore;

        // Long vectors are delivered whole but for their ends, or the copies of this test would be quadratic.
        foreach (var end in Enumerable.Range(0, bytes.Length + 1).Where(end => bytes.Length < 4096 || end % 509 == 0 || end > bytes.Length - 64))
        {
            verdict = reader.Continue(bytes[..end]);
            if (verdict.Status == ParseStatus.Rejected || (verdict.Status == ParseStatus.Done && vector.IsDelimited))
            {
                Assert.True(verdict.Status == ParseStatus.Rejected || end == bytes.Length, $"Done after {end} of {bytes.Length} bytes.");
                break;
            }
        }

        AssertVerdict(vector, verdict);
    }

    [Theory]
    [MemberData(nameof(DelimitedNames))]
    public void FollowedByTheNextMessage_EndsWhereItEnds(string name)
    {
        var vector = Http1Vectors.Named(name);
        var next = vector.IsResponse ? "HTTP/1.1 204 Next\r\n\r\n" : "GET /next HTTP/1.1\r\nHost: next\r\n\r\n";
        var both = Encoding.Latin1.GetBytes(vector.Wire + next);

        AssertVerdict(vector, Read(vector, both, [both.Length]));
        if (vector.IsAccepted)
        {
            var second = MessageReader.Read(both[vector.Wire.Length..], [next.Length], vector.IsResponse);
            Assert.Equal((ParseStatus.Done, next.Length), (second.Status, second.Length));
        }
    }

    [Fact]
    public void EveryRejection_HasAVectorAndASentence()
    {
        var rules = Enum.GetValues<Http1Rejection>().Where(rule => rule != Http1Rejection.None).ToList();

        // Vectors are read under the default limits, which set none on the target alone: RequestHeadTests has it.
        Assert.Equal([Http1Rejection.TargetTooLong], rules.Except(Http1Vectors.All.Select(vector => vector.Expect)));
        Assert.All(rules, rule => Assert.Contains("section", Http1Rejections.Describe(rule), StringComparison.Ordinal));
        Assert.Equal(rules.Count, rules.Select(Http1Rejections.Describe).Distinct().Count());
        Assert.All(rules, rule => Assert.InRange(Http1Rejections.StatusOf(Http1Rejections.ClassOf(rule)), 400, 505));
    }

    [Fact]
    public void Names_AreUnique() => Assert.Equal(Http1Vectors.All.Count(), Http1Vectors.All.Select(vector => vector.Name).Distinct().Count());

    private static Verdict Read(Http1Vector vector, byte[] bytes, IEnumerable<int> ends)
        => MessageReader.Read(bytes, ends, vector.IsResponse, vector.RequestMethod);

    private static void AssertVerdict(Http1Vector vector, Verdict verdict)
    {
        if (!vector.IsAccepted)
        {
            Assert.Equal((ParseStatus.Rejected, vector.Expect), (verdict.Status, verdict.Rejection));
            return;
        }

        Assert.Equal((ParseStatus.Done, Http1Rejection.None), (verdict.Status, verdict.Rejection));
        Assert.Equal((vector.Framing, vector.Body, vector.Wire.Length), (verdict.Framing, verdict.Body, verdict.Length));
    }
}
