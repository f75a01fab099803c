using PipeProxy.Telemetry;

namespace PipeProxy.Tests.Telemetry;

public sealed class OutcomeTests
{
    /// <summary>Every outcome there is.</summary>
    internal static IReadOnlyList<Outcome> All { get; } =
        [.. typeof(Outcome).GetFields().Where(static field => field.FieldType == typeof(Outcome)).Select(static field => (Outcome)field.GetValue(null)!)];

    [Fact]
    public void Names_AreUnique() => Assert.Equal(All.Count, All.Select(static outcome => outcome.Name).Distinct().Count());

    [Fact]
    public void RequestErrors_AreAnsweredWith4xxOrNotAtAll()
        => Assert.All(All.Where(static outcome => outcome.Error == "http_request_error"), static outcome => Assert.True(outcome.Status is 0 or (>= 400 and < 500), $"{outcome} is {outcome.Status}."));

    // RFC 9209 section 2.3, registered error types.
    [Fact]
    public void Errors_AreTypesOfTheStandard()
        => Assert.All(
            All.Where(static outcome => outcome.Side != OutcomeSide.None),
            static outcome => Assert.Contains(outcome.Error, new[]
            {
                "dns_timeout", "dns_error", "destination_not_found", "destination_unavailable", "destination_ip_prohibited", "destination_ip_unroutable",
                "connection_refused", "connection_terminated", "connection_timeout", "connection_read_timeout", "connection_write_timeout", "connection_limit_reached",
                "tls_protocol_error", "tls_certificate_error", "tls_alert_received",
                "http_request_error", "http_request_denied", "http_response_incomplete", "http_response_header_section_size", "http_response_header_size",
                "http_response_body_size", "http_response_trailer_section_size", "http_response_trailer_size", "http_response_transfer_coding",
                "http_response_content_coding", "http_response_timeout", "http_upgrade_failed", "http_protocol_error",
                "proxy_internal_response", "proxy_internal_error", "proxy_configuration_error", "proxy_loop_detected",
            }));
}
