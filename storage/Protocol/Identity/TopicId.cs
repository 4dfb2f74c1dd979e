namespace ManagedLog.Protocol.Identity;

/// <summary>
/// Names one incarnation of a topic. A topic that is deleted and created again under its name has another id, so nothing that
/// still belongs to the old one can ever be taken for the new one (KIP-516).
/// </summary>
public readonly record struct TopicId(Guid Value)
{
    /// <summary>32 lower-case hexadecimal digits: safe in blob names and table keys.</summary>
    public override string ToString() => Value.ToString("N");

    public static bool TryParse(string? text, out TopicId id)
    {
        var parsed = Guid.TryParseExact(text, "N", out var value);
        id = new TopicId(value);
        return parsed;
    }
}
