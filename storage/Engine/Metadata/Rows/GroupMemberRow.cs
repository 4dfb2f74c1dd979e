using ManagedLog.Engine.Backend;

namespace ManagedLog.Engine.Metadata.Rows;

/// <summary>
/// A member of a group, and its lock: whatever is done in its name replaces this row under its ETag in the same transaction, so that a member that was removed, or that has joined
/// again, can do nothing any more.
/// </summary>
/// <param name="Epoch">Under which it joined: the generation that its joining made. No member of this group ever had it or will have it.</param>
/// <param name="Topics">It wants these, by name.</param>
/// <param name="Pattern">And those whose whole name matches it; null: no others.</param>
internal sealed record GroupMemberRow(long Epoch, IReadOnlyList<string> Topics, string? Pattern, long SessionTimeoutMs)
{
    public const int FormatVersion = 1;

    /// <summary>Longer than any that is let in.</summary>
    public const long MaxSessionTimeoutMs = 366L * 24 * 60 * 60 * 1000;

    public const string SeenAtProperty = "SeenAt";

    public string ClientId { get; init; } = "";

    public string? InstanceId { get; init; }

    /// <summary>Drawn by the call that made the epoch, so that of two that join by one id at once each knows which of them it was.</summary>
    public string JoinId { get; init; } = "";

    public string? Assignor { get; init; }

    /// <summary>The greatest that a commit of this member had under this epoch; 0: none yet.</summary>
    public long CommitSequence { get; init; }

    /// <summary>
    /// The generation whose share the member owned exactly, neither less nor more, when it wrote the row last, and owns still; 0: it owns something else. So whoever knows that generation's head
    /// knows what the member owns without reading owner rows.
    /// </summary>
    public long Settled { get; init; }

    /// <summary>
    /// When the member was last heard of, ms since 1970 by the storage service's clock, if others have written the row since, to tell it that there is news; 0: it was itself who wrote
    /// the row last, and that was when the row says.
    /// </summary>
    public long SeenAt { get; init; }

    public Dictionary<string, RowValue> Encode() => new()
    {
        ["Format"] = FormatVersion,
        ["Epoch"] = Epoch,
        ["Topics"] = string.Join('\n', Topics),
        ["Pattern"] = Pattern ?? "",
        ["SessionTimeoutMs"] = SessionTimeoutMs,
        ["ClientId"] = ClientId,
        ["InstanceId"] = InstanceId ?? "",
        ["JoinId"] = JoinId,
        ["Assignor"] = Assignor ?? "",
        ["CommitSequence"] = CommitSequence,
        ["Settled"] = Settled,
        [SeenAtProperty] = SeenAt,
    };

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static GroupMemberRow Decode(Row row)
    {
        RowFormat.Require(row, FormatVersion);
        return new GroupMemberRow(
            RowFormat.Int64(row, "Epoch", least: 0),
            RowFormat.Text(row, "Topics") is { Length: > 0 } topics ? topics.Split('\n') : [],
            RowFormat.OptionalText(row, "Pattern"),
            RowFormat.Int64(row, "SessionTimeoutMs", least: 1) is var timeout and <= MaxSessionTimeoutMs ? timeout : throw RowFormat.Wrong(row, "SessionTimeoutMs"))
        {
            ClientId = RowFormat.Text(row, "ClientId"),
            InstanceId = RowFormat.OptionalText(row, "InstanceId"),
            JoinId = RowFormat.Text(row, "JoinId"),
            Assignor = RowFormat.OptionalText(row, "Assignor"),
            CommitSequence = RowFormat.Int64(row, "CommitSequence", least: 0),
            Settled = RowFormat.Int64(row, "Settled", least: 0),
            SeenAt = RowFormat.Time(row, SeenAtProperty).ToUnixTimeMilliseconds(),
        };
    }
}
