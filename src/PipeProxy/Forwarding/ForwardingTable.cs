using PipeProxy.Routing;
using PipeProxy.Upstream;

namespace PipeProxy.Forwarding;

/// <summary>Routes with what each needs to be forwarded, as one immutable value; swapped whole when a configuration is applied.</summary>
/// <param name="Routes">Which route takes a request.</param>
/// <param name="Targets">By route index: origin and certificate; null for routes that answer by themselves.</param>
/// <param name="Policies">By route index: the CORS policy; null for none.</param>
internal sealed record ForwardingTable(RouteTable Routes, UpstreamTarget?[] Targets, CorsPolicy?[] Policies);
