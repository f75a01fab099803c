namespace PipeProxy.Telemetry;

/// <summary>How a request ended: one vocabulary for the log, the metrics, Proxy-Status and problem documents.</summary>
/// <remarks>The instances below are all there are, and docs/outcomes.md lists them; compare by reference.</remarks>
public sealed class Outcome
{
    private Outcome(string name, OutcomeStage stage, OutcomeSide side, int status, string title, string? error = null)
    {
        Name = name;
        Stage = stage;
        Side = side;
        Status = status;
        Title = title;
        Error = error ?? name;
    }

    /// <summary>The name, such as <c>tls_alert_received</c>; finer than <see cref="Error"/> where RFC 9209 has one word for several causes.</summary>
    public string Name { get; }

    /// <summary>The stage that was reached.</summary>
    public OutcomeStage Stage { get; }

    /// <summary>Whose side caused it.</summary>
    public OutcomeSide Side { get; }

    /// <summary>Status under <see cref="Configuration.StatusProfile.Zuplo"/>; 0 when the origin's own is passed on or the connection is reset.</summary>
    public int Status { get; }

    /// <summary>A short sentence for people, the same for every occurrence (RFC 9457 section 3.1.3).</summary>
    public string Title { get; }

    /// <summary>The error type of RFC 9209 section 2.3: in Proxy-Status, in the problem document's type (<c>urn:pipeproxy:ERROR</c>) and in the log. Metrics have <see cref="Name"/>.</summary>
    public string Error { get; }

    /// <summary>The origin answered and its answer went to the client whole.</summary>
    public static readonly Outcome Completed = new("completed", OutcomeStage.ResponseBody, OutcomeSide.None, 0, "Completed");

    /// <summary>A handler of the proxy's own answered.</summary>
    public static readonly Outcome Answered = new("answered", OutcomeStage.Route, OutcomeSide.None, 0, "Answered by the proxy");

    public static readonly Outcome DnsError = new("dns_error", OutcomeStage.Dns, OutcomeSide.Origin, 522, "The origin's name has no address");
    public static readonly Outcome DnsTimeout = new("dns_timeout", OutcomeStage.Dns, OutcomeSide.Origin, 522, "The origin's name was not resolved in time");
    public static readonly Outcome ConnectionRefused = new("connection_refused", OutcomeStage.Connect, OutcomeSide.Origin, 522, "The origin refused the connection");
    public static readonly Outcome DestinationUnroutable = new("destination_ip_unroutable", OutcomeStage.Connect, OutcomeSide.Origin, 522, "The origin's address cannot be reached");
    public static readonly Outcome ConnectionTimeout = new("connection_timeout", OutcomeStage.Connect, OutcomeSide.Origin, 522, "The origin did not take the connection in time");
    public static readonly Outcome HandshakeTimeout = new("handshake_timeout", OutcomeStage.Tls, OutcomeSide.Origin, 522, "The TLS handshake with the origin stalled", "connection_timeout");
    public static readonly Outcome TlsAlertReceived = new("tls_alert_received", OutcomeStage.Tls, OutcomeSide.Origin, 522, "The origin ended the TLS connection with an alert");
    public static readonly Outcome TlsCertificateError = new("tls_certificate_error", OutcomeStage.Tls, OutcomeSide.Origin, 522, "The origin's certificate was not accepted");
    public static readonly Outcome TlsProtocolError = new("tls_protocol_error", OutcomeStage.Tls, OutcomeSide.Origin, 522, "The origin does not speak TLS as expected");
    public static readonly Outcome ConnectFailed = new("connect_failed", OutcomeStage.Connect, OutcomeSide.Origin, 522, "The connection to the origin failed", "connection_terminated");
    public static readonly Outcome HandshakeTerminated = new("handshake_terminated", OutcomeStage.Tls, OutcomeSide.Origin, 522, "The origin closed the connection in the TLS handshake", "connection_terminated");
    public static readonly Outcome ClosedUnconfirmed = new("closed_unconfirmed", OutcomeStage.Tls, OutcomeSide.Origin, 522, "The origin closed a new connection before it answered", "connection_terminated");
    public static readonly Outcome ConnectionTerminated = new("connection_terminated", OutcomeStage.FirstByte, OutcomeSide.Origin, 522, "The origin closed the connection before it answered");
    public static readonly Outcome CertificateUnusable = new("certificate_unusable", OutcomeStage.Tls, OutcomeSide.Proxy, 522, "The route's client certificate cannot be used", "proxy_configuration_error");
    public static readonly Outcome CertificateNotRequested = new("certificate_not_requested", OutcomeStage.Tls, OutcomeSide.Origin, 522, "The origin asked for no client certificate", "proxy_configuration_error");
    public static readonly Outcome ResponseMalformed = new("http_protocol_error", OutcomeStage.ResponseHead, OutcomeSide.Origin, 502, "The origin's answer is not valid HTTP");
    public static readonly Outcome ResponseHeadTooLarge = new("http_response_header_section_size", OutcomeStage.ResponseHead, OutcomeSide.Origin, 502, "The origin's response head is too large");
    public static readonly Outcome ResponseTimeout = new("http_response_timeout", OutcomeStage.FirstByte, OutcomeSide.Origin, 504, "The origin did not answer in time");
    public static readonly Outcome ResponseIncomplete = new("http_response_incomplete", OutcomeStage.ResponseBody, OutcomeSide.Origin, 0, "The origin broke off its response");
    public static readonly Outcome ConnectionLimit = new("connection_limit_reached", OutcomeStage.Limit, OutcomeSide.Proxy, 503, "All connections to the origin are busy");
    public static readonly Outcome ClientConnectionLimit = new("client_connection_limit", OutcomeStage.Limit, OutcomeSide.Client, 503, "Too many client connections", "connection_limit_reached");
    public static readonly Outcome DestinationUnavailable = new("destination_unavailable", OutcomeStage.Limit, OutcomeSide.Proxy, 503, "The origin is left alone after repeated failures");
    public static readonly Outcome NoRoute = new("no_route", OutcomeStage.Route, OutcomeSide.Client, 404, "No route takes this request", "http_request_error");
    public static readonly Outcome RouteNotSupported = new("route_not_supported", OutcomeStage.Route, OutcomeSide.Proxy, 501, "This route's handler is not there", "proxy_configuration_error");
    public static readonly Outcome RequestMalformed = new("request_malformed", OutcomeStage.RequestHead, OutcomeSide.Client, 400, "The request is not valid HTTP", "http_request_error");
    public static readonly Outcome RequestTimeout = new("request_timeout", OutcomeStage.RequestHead, OutcomeSide.Client, 408, "The request did not arrive in time", "http_request_error");
    public static readonly Outcome RequestBodyTimeout = new("request_body_timeout", OutcomeStage.RequestBody, OutcomeSide.Client, 408, "The request's body did not arrive in time", "http_request_error");
    public static readonly Outcome RequestBodyTooSlow = new("request_body_too_slow", OutcomeStage.RequestBody, OutcomeSide.Client, 408, "The request's body came too slowly", "http_request_error");
    public static readonly Outcome ClientTooSlow = new("client_too_slow", OutcomeStage.ResponseBody, OutcomeSide.Client, 0, "The client took its answer too slowly", "http_request_error");
    public static readonly Outcome TotalTimeout = new("total_timeout", OutcomeStage.FirstByte, OutcomeSide.Origin, 504, "The request was not answered in time", "http_response_timeout");
    public static readonly Outcome ClientCertificateRefused = new("client_certificate_refused", OutcomeStage.Tls, OutcomeSide.Client, 400, "The client's certificate was not accepted", "http_request_error");
    public static readonly Outcome LoopDetected = new("proxy_loop_detected", OutcomeStage.Route, OutcomeSide.Proxy, 502, "The request goes in circles");
    public static readonly Outcome RequestBodyMalformed = new("request_body_malformed", OutcomeStage.RequestBody, OutcomeSide.Client, 400, "The request's body is not valid HTTP", "http_request_error");
    public static readonly Outcome BodyTooLarge = new("body_too_large", OutcomeStage.Limit, OutcomeSide.Client, 413, "The request's body is too large", "http_request_error");
    public static readonly Outcome RequestLineTooLong = new("request_line_too_long", OutcomeStage.Limit, OutcomeSide.Client, 414, "The request line is too long", "http_request_error");
    public static readonly Outcome FieldsTooLarge = new("fields_too_large", OutcomeStage.Limit, OutcomeSide.Client, 431, "The request's fields are too large", "http_request_error");
    public static readonly Outcome MethodNotServed = new("method_not_served", OutcomeStage.RequestHead, OutcomeSide.Client, 405, "This method is not served", "http_request_error");

    // RFC 9209 section 2.3 has http_request_error for a 4xx alone; these are 5xx that need no origin.
    public static readonly Outcome CodingNotServed = new("coding_not_served", OutcomeStage.RequestHead, OutcomeSide.Client, 501, "This transfer coding is not served", "proxy_internal_response");
    public static readonly Outcome VersionNotServed = new("version_not_served", OutcomeStage.RequestHead, OutcomeSide.Client, 505, "This HTTP version is not served", "proxy_internal_response");

    public static readonly Outcome ClientClosed = new("client_closed", OutcomeStage.RequestBody, OutcomeSide.Client, 0, "The client went away", "http_request_error");
    public static readonly Outcome InternalError = new("proxy_internal_error", OutcomeStage.Route, OutcomeSide.Proxy, 500, "The proxy failed");

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>How far a request came.</summary>
public enum OutcomeStage : byte
{
    RequestHead,
    Route,
    Limit,
    Dns,
    Connect,
    Tls,
    FirstByte,
    ResponseHead,
    ResponseBody,
    RequestBody,
}

/// <summary>Who caused an outcome.</summary>
public enum OutcomeSide : byte
{
    None,
    Client,
    Origin,
    Proxy,
}
