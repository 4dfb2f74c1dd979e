using System.Globalization;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Protocol.Identity;

namespace ManagedLog.Engine.Consumers;

/// <summary>A consumer instance as it is stored.</summary>
/// <param name="Writes">Who wrote it last, newest first: by this a write whose answer was lost is recognised.</param>
internal sealed record ConsumerInstanceRow(ConsumerInstance Instance, IReadOnlyList<string> Writes)
{
    public const int FormatVersion = 1;

    /// <summary>So many writes by others may come behind one before it is not recognised any more.</summary>
    public const int KeptWrites = 16;

    private const string JoinClaimName = "JoinClaim";

    private const string PositionsName = "Positions";

    /// <summary>A row holds 1 MiB, two bytes for each character.</summary>
    private const int MaxPositionsLength = 400_000;

    /// <summary>Whether it fits in a row: an instance cannot have any number of partitions.</summary>
    public bool Fits => Instance.Positions.Sum(static position => ToText(position).Length + 1) <= MaxPositionsLength;

    public Dictionary<string, RowValue> Encode()
    {
        var settings = Instance.Settings;
        var properties = new Dictionary<string, RowValue>
        {
            ["Format"] = FormatVersion,
            ["RecordFormat"] = settings.Format,
            ["KeyFormat"] = settings.KeyFormat ?? "",
            ["Reset"] = settings.StartsAtEarliest ? "earliest" : "latest",
            ["AutoCommit"] = settings.AutoCommit,
            ["AutoCommitInterval"] = (long)settings.AutoCommitInterval.TotalMilliseconds,
            ["SessionTimeout"] = (long)settings.SessionTimeout.TotalMilliseconds,
            ["MinBytes"] = settings.MinBytes,
            ["RequestTimeout"] = (long)(settings.RequestTimeout?.TotalMilliseconds ?? -1),
            ["MaxRecords"] = settings.MaxRecords,
            ["Assignor"] = settings.Assignor ?? "",
            ["ClientId"] = settings.ClientId,
            ["Mode"] = NameOf(Instance.Mode),
            ["Pattern"] = Instance.Pattern ?? "",
            ["MemberEpoch"] = Instance.MemberEpoch,
            [JoinClaimName] = Instance.JoinClaim ?? "",
            ["NewSubscription"] = Instance.HasNewSubscription,
            ["HeartbeatAt"] = Instance.HeartbeatAt,
            ["CommittedAt"] = Instance.CommittedAt,
            ["Turn"] = Instance.Turn,
            ["Writes"] = string.Join(',', Writes.Take(KeptWrites)),
        };
        LongText.Write(properties, "Topics", string.Join('\n', Instance.Topics));
        LongText.Write(properties, PositionsName, string.Join('\n', Instance.Positions.Select(ToText)));
        return properties;
    }

    /// <summary>Throws <see cref="InvalidDataException"/> for a row of another format or one that no writer of this format leaves.</summary>
    public static ConsumerInstanceRow Decode(Row row, GroupId group, MemberId id)
    {
        RowFormat.Require(row, FormatVersion);
        var timeout = RowFormat.Int64(row, "RequestTimeout", least: -1);
        var settings = new ConsumerSettings(
            RowFormat.Text(row, "RecordFormat"),
            RowFormat.OptionalText(row, "KeyFormat"),
            RowFormat.Text(row, "Reset") switch { "earliest" => true, "latest" => false, _ => throw RowFormat.Wrong(row, "Reset") },
            IsTrue(row, "AutoCommit"),
            Span(row, "SessionTimeout"))
        {
            AutoCommitInterval = Span(row, "AutoCommitInterval"),
            MinBytes = RowFormat.Int32(row, "MinBytes"),
            RequestTimeout = timeout < 0 ? null : TimeSpan.FromMilliseconds(timeout),
            MaxRecords = RowFormat.Int32(row, "MaxRecords", least: 1),
            Assignor = RowFormat.OptionalText(row, "Assignor"),
            ClientId = RowFormat.Text(row, "ClientId"),
        };
        var instance = new ConsumerInstance(group, id, settings)
        {
            Mode = ModeOf(RowFormat.Text(row, "Mode")) ?? throw RowFormat.Wrong(row, "Mode"),
            Topics = LongText.Read(row, "Topics").Split('\n', StringSplitOptions.RemoveEmptyEntries),
            Pattern = RowFormat.OptionalText(row, "Pattern"),
            MemberEpoch = RowFormat.Int64(row, "MemberEpoch", least: 0),
            // Rows that were written before there were claims have none.
            JoinClaim = row.Properties.ContainsKey(JoinClaimName) ? RowFormat.OptionalText(row, JoinClaimName) : null,
            HasNewSubscription = IsTrue(row, "NewSubscription"),
            HeartbeatAt = RowFormat.Int64(row, "HeartbeatAt"),
            CommittedAt = RowFormat.Int64(row, "CommittedAt"),
            Turn = RowFormat.Int32(row, "Turn", least: 0),
            Positions = [.. LongText.Read(row, PositionsName).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Parse(line) ?? throw RowFormat.Wrong(row, PositionsName))],
        };
        return new ConsumerInstanceRow(instance, RowFormat.Text(row, "Writes").Split(',', StringSplitOptions.RemoveEmptyEntries));
    }

    private static bool IsTrue(Row row, string name) => row.Properties.TryGetValue(name, out var value) && value.Value is bool truth ? truth : throw RowFormat.Wrong(row, name);

    private static TimeSpan Span(Row row, string name) => TimeSpan.FromMilliseconds(RowFormat.Int64(row, name, least: 1));

    private static string NameOf(ConsumerMode mode) => mode switch
    {
        ConsumerMode.None => "none",
        ConsumerMode.Subscribed => "subscribed",
        ConsumerMode.Assigned => "assigned",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "No such mode."),
    };

    private static ConsumerMode? ModeOf(string name) => name switch
    {
        "none" => ConsumerMode.None,
        "subscribed" => ConsumerMode.Subscribed,
        "assigned" => ConsumerMode.Assigned,
        _ => null,
    };

    /// <summary>Blanks separate: no topic's name has one. A dash stands for what is not known.</summary>
    private static string ToText(ConsumerPosition position) => string.Create(
        CultureInfo.InvariantCulture,
        $"{position.Topic} {position.Partition} {position.TopicId?.ToString() ?? "-"} {ToText(position.Next)} {ToText(position.Committed)}");

    private static string ToText(long? offset) => offset?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static ConsumerPosition? Parse(string line)
    {
        var parts = line.Split(' ');
        if (parts.Length != 5 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
            return null;
        TopicId id = default;
        if ((parts[2] != "-" && !TopicId.TryParse(parts[2], out id)) || !TryOffset(parts[3], out var next) || !TryOffset(parts[4], out var committed))
            return null;
        return new ConsumerPosition(parts[0], partition, parts[2] == "-" ? null : id, next, committed);
    }

    private static bool TryOffset(string text, out long? offset)
    {
        offset = null;
        if (text == "-")
            return true;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        offset = number;
        return true;
    }
}
