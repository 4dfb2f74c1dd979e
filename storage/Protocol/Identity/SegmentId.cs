namespace ManagedLog.Protocol.Identity;

/// <summary>
/// Names one segment of one partition for ever. Whoever proposes a segment draws a new id, so no blob name is used twice and no
/// late call can reach a blob that it was not meant for.
/// </summary>
public readonly record struct SegmentId(Guid Value)
{
    public static SegmentId None => default;

    public override string ToString() => Value.ToString("N");

    public static bool TryParse(string? text, out SegmentId id)
    {
        var parsed = Guid.TryParseExact(text, "N", out var value);
        id = new SegmentId(value);
        return parsed;
    }
}
