using ManagedLog.Engine.Metadata.Rows;

namespace ManagedLog.Engine.Log;

/// <summary>The answer of a <see cref="SegmentRewriter"/>.</summary>
/// <param name="Row">The row that names the new object, when it was replaced by this rewrite; otherwise null.</param>
/// <param name="Detail">For logs: what was in the way.</param>
internal sealed record RewriteResult(RewriteOutcome Outcome, ChainSegmentRow? Row = null, string Detail = "");
