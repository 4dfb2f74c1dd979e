namespace ManagedLog.Engine.Log;

/// <summary>The part of one segment that may be read: offsets from <paramref name="BaseOffset"/> up to <paramref name="EndOffset"/>, bytes up to <paramref name="EndPosition"/>, both exclusive.</summary>
internal sealed record SegmentExtent(string Blob, long BaseOffset, long EndOffset, long EndPosition, OffsetIndex Index);
