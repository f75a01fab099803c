using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Http1;

/// <summary>Plays the cases of <see cref="DesyncCase"/> to the parser, when they are at hand. The vectors cover the same ground without them.</summary>
public sealed class DesyncGuardianTests
{
    // Compliant to the classifier, which only looks for desync; not to the grammar, or not served.
    private static readonly Dictionary<string, Http1Rejection> StricterOnPurpose = new()
    {
        ["Different Transfer-Encoding headers"] = Http1Rejection.CodingNotServed,
        ["Different Transfer-Encoding headers combined"] = Http1Rejection.CodingNotServed,
        ["Transfer-Encoding with a param: chunked;custom_param"] = Http1Rejection.TransferEncodingMalformed,
        ["Compliant URL"] = Http1Rejection.TargetFragment,
        ["International in URI"] = Http1Rejection.TargetCharacter,
        ["Empty URI"] = Http1Rejection.TargetMissing,
    };

    // Well framed, so the parser passes them; a route to an ALB refuses them (a GET or HEAD with a body).
    private static readonly HashSet<string> LeftToTheRoute =
    [
        "Get with a body and Content-Length", "Get with a body and Transfer-Encoding",
        "Head with a body and Content-Length", "Head with a body and Transfer-Encoding",
    ];

    [Fact]
    public void SevereAndAmbiguous_AreRefusedCompliantIsAccepted()
    {
        var cases = DesyncCase.ReadAll();
        Assert.SkipWhen(cases is null, "No folder with the cases of HTTP Desync Guardian.");

        Assert.True(cases.Count > 80, $"Only {cases.Count} cases were read.");
        Assert.All(cases, item =>
        {
            var bytes = item.ToWire();
            var rejection = MessageReader.Read(bytes, [bytes.Length], isResponse: false).Rejection;
            var bytewise = MessageReader.Read(bytes, Enumerable.Range(0, bytes.Length + 1), isResponse: false).Rejection;

            Assert.Equal(rejection, bytewise);
            switch (item.Tier)
            {
                case "Severe":
                    Assert.NotEqual(Http1Rejection.None, rejection);
                    break;
                case "Ambiguous":
                    Assert.Equal(LeftToTheRoute.Contains(item.Name), rejection == Http1Rejection.None);
                    break;
                case "Compliant":
                    Assert.Equal(StricterOnPurpose.GetValueOrDefault(item.Name), rejection);
                    break;
                default:
                    Assert.Equal("Acceptable", item.Tier);
                    break;
            }
        });
    }
}
