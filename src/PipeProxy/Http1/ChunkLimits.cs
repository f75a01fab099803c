namespace PipeProxy.Http1;

/// <summary>Bounds on what a chunked body carries besides its data, in bytes.</summary>
/// <param name="Extensions">Chunk extensions of one body, white space and semicolons included.</param>
/// <param name="Trailers">The trailer section, with its CRLFs.</param>
internal readonly record struct ChunkLimits(int Extensions, int Trailers);
