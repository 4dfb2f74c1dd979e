using System.Globalization;
using ManagedLog.Engine.Backend;
using ManagedLog.Engine.Groups;
using ManagedLog.Engine.Metadata;
using ManagedLog.Engine.Metadata.Rows;
using ManagedLog.Fixtures;

namespace ManagedLog.Fuzzing.Targets;

/// <summary>Rows: each is read, or refused with <see cref="InvalidDataException"/>.</summary>
internal static class RowTargets
{
    /// <summary>Text of a row is at most 64 KiB; configs are taken apart and checked, and an exception has its stack.</summary>
    private const int MostAllocated = 200_000;

    private static readonly string[] Texts =
        ["", "0:0-1", "\t", "1:0", "a\t1\t0:0-8", "open", "deleting", "active", "0", "0,1", "-1", "99999999999", "0,", ",", "é", "00000000000000000000000000000000", "linger.ms=1", "linger.ms", "=", "retention.ms=-2", "a=b\nc", "\u0000", new string('9', 40)];

    private static readonly long[] Numbers = [0, 1, -1, 2, 100, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, 253402300800000, -62135596800001];

    public static IReadOnlyList<FuzzTarget> All { get; } = [new("row", Draw)];

    private static FuzzCase Draw(Random random)
    {
        var stored = Corpus.Rows[random.Next(Corpus.Rows.Count)];
        var properties = stored.Properties.ToDictionary();
        var key = stored.Address.RowKey;
        for (var changes = random.Next(16) == 0 ? 0 : random.Next(1, 4); changes > 0; changes--)
        {
            var name = properties.Count == 0 ? "Format" : properties.Keys.ElementAt(random.Next(properties.Count));
            switch (random.Next(6))
            {
                case 0:
                    properties.Remove(name);
                    break;
                case 1:
                    key = MutateText(random, key);
                    break;
                case 2 when properties.TryGetValue(name, out var value) && value.Value is string text:
                    properties[name] = MutateText(random, text);
                    break;
                default:
                    properties[name] = AnyValue(random);
                    break;
            }
        }

        var row = stored with { Properties = properties, Address = stored.Address with { RowKey = key } };
        return new FuzzCase(RowText.Write([row]), MostAllocated, () =>
        {
            try
            {
                Read(stored, row.ToRow());
            }
            catch (InvalidDataException)
            {
                // Refused, with the row's name.
            }
        });
    }

    /// <summary>Reads it as what it was; what was read can be written.</summary>
    private static object Read(StoredRow before, Row row) => before.Table switch
    {
        StorageLayout.ClusterTable when before.Address.PartitionKey == StorageLayout.GroupNamesPartitionKey => GroupNameRow.Decode(row),
        StorageLayout.ClusterTable when before.Address.RowKey == StorageLayout.IdentityRowKey => ClusterIdentityRow.Decode(row).Encode(),
        StorageLayout.ClusterTable when before.Address.RowKey == StorageLayout.DefaultsRowKey => ClusterDefaultsRow.Decode(row).Encode(),
        StorageLayout.ClusterTable => ProducerIdsRow.Decode(row).Encode(),
        StorageLayout.DueTable when GroupDueRow.IsGroups(before.Address.RowKey) => GroupDueRow.Decode(row).Key,
        StorageLayout.GroupsTable when before.Address.RowKey == StorageLayout.HeadRowKey => GroupHeadRow.Decode(row).Encode(),
        StorageLayout.GroupsTable when row.Address.RowKey.StartsWith(StorageLayout.MemberRowKeyPrefix, StringComparison.Ordinal) => (StoredMember.Of(row).IsExpired, GroupMemberRow.Decode(row).Encode()),
        StorageLayout.GroupsTable when before.Address.RowKey.StartsWith(StorageLayout.MemberRowKeyPrefix, StringComparison.Ordinal) => GroupMemberRow.Decode(row).Encode(),
        StorageLayout.GroupsTable when before.Address.RowKey.StartsWith(StorageLayout.OwnerRowKeyPrefix, StringComparison.Ordinal) => StoredOwner.Of(row).Row.Encode(),
        StorageLayout.GroupsTable => StoredOffset.Of(row).ToCommitted(),
        StorageLayout.DueTable => DueRow.Decode(row).Key,
        StorageLayout.IdempotencyTable => IdempotencyRow.Decode(row).Encode(),
        StorageLayout.PartitionsTable when before.Address.RowKey == StorageLayout.HeadRowKey => PartitionHeadRow.Decode(row).Encode(),
        StorageLayout.PartitionsTable when before.Address.RowKey == StorageLayout.CheckpointRowKey => CheckpointRow.Decode(row).Encode(),
        StorageLayout.PartitionsTable => ChainSegmentRow.Decode(row).Encode(),
        StorageLayout.TopicsTable when before.Address.RowKey.StartsWith(StorageLayout.TopicRowKeyPrefix, StringComparison.Ordinal) => TopicRow.Decode(row).Encode(),
        StorageLayout.TopicsTable when before.Address.RowKey.StartsWith(StorageLayout.DeletedTopicRowKeyPrefix, StringComparison.Ordinal) => DeletedTopicRow.Decode(row).Encode(),
        _ => TopicReferenceRow.Decode(row).Encode(),
    };

    private static RowValue AnyValue(Random random)
    {
        var number = Numbers[random.Next(Numbers.Length)];
        return random.Next(6) switch
        {
            0 => (int)Math.Clamp(number, int.MinValue, int.MaxValue),
            1 => number,
            2 => random.Next(3) switch { 0 => double.NaN, 1 => double.PositiveInfinity, _ => number },
            3 => random.Next(2) == 0,
            4 => new byte[random.Next(4)],
            _ => Texts[random.Next(Texts.Length)],
        };
    }

    private static string MutateText(Random random, string text)
    {
        if (text.Length == 0)
            return Texts[random.Next(Texts.Length)];
        var at = random.Next(text.Length);
        return random.Next(4) switch
        {
            0 => text[..at],
            1 => text.Insert(at, Texts[random.Next(Texts.Length)]),
            2 => text.Remove(at, 1),
            _ => string.Concat(text.AsSpan(0, at), ((char)random.Next(32, 300)).ToString(CultureInfo.InvariantCulture), text.AsSpan(at + 1)),
        };
    }
}
