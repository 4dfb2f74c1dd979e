using ManagedLog.Proof.History;
using ManagedLog.Proof.History.Events;
using ManagedLog.Proof.Rest;

namespace ManagedLog.Local.Tests.Proof.History;

public sealed class HistoryFileTests
{
    public static TheoryData<string> Lines() =>
    [
        .. new HistoryBuilder(mayShrink: true)
            .Acknowledged("a:1", 5).Unknown("b:2", "c:3").Failed("d:4").Fault().Read(1, 9, "x:1").ReadFromTime(3, 4).Refused(1, 2).Pass(3, "y:1").Broken("is stopped.")
            .Events.Select(HistoryFile.Encode),
        .. new HistoryBuilder(deleteRetentionMs: 5).Keyed("k", "a", 0).Compacted(1).Read(0, 4, null, [], next: 3).Events.Select(HistoryFile.Encode),
        HistoryFile.Encode(new AppendCompleted(1, 2, ProduceOutcome.Refused, [], 409, "why")),
    ];

    [Theory]
    [MemberData(nameof(Lines))]
    public void Line_WhenReadBack_IsTheSame(string line)
    {
        Assert.Equal(line, HistoryFile.Encode(HistoryFile.Decode(line)));
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void Line_WhenItIsNoEvent_IsRefused() => Assert.Throws<InvalidDataException>(static () => HistoryFile.Decode("""{"event":"other","at":1}"""));

    [Fact]
    public void Payload_WhenAByteOfItChanges_HasALabelThatNobodyWrote()
    {
        var payload = Payload.Of("plain-1", 17);
        var value = payload.ValueBytes!.Value.ToArray();
        Assert.Equal(payload.Label, Payload.LabelOf(payload.KeyBytes, value, 0));
        Assert.StartsWith("plain-1/17:", payload.Label, StringComparison.Ordinal);
        for (var i = 0; i < value.Length; i++)
        {
            var changed = value.ToArray();
            changed[i] ^= 1;
            Assert.NotEqual(payload.Label, Payload.LabelOf(payload.KeyBytes, changed, 0));
        }

        Assert.NotEqual(payload.Label, Payload.LabelOf([], payload.ValueBytes, 0));
    }

    [Fact]
    public void Payload_WhenItIsATombstone_IsKnownByItsKeyAndTimestamp()
    {
        var tombstone = Payload.Tombstone("k", 1_000);
        Assert.True(Payload.IsTombstone(tombstone.Label));
        Assert.False(Payload.IsTombstone(Payload.Of("k", "plain-1", 17).Label));
        Assert.Equal(tombstone.Label, Payload.LabelOf(tombstone.KeyBytes, null, 1_000));
        Assert.NotEqual(tombstone.Label, Payload.LabelOf(tombstone.KeyBytes, null, 1_001));
        Assert.NotEqual(tombstone.Label, Payload.LabelOf(Payload.Quoted("l"), null, 1_000));
        Assert.NotEqual(tombstone.Label, Payload.LabelOf(tombstone.KeyBytes, ReadOnlyMemory<byte>.Empty, 1_000));
    }

    [Theory]
    [InlineData("12:01 Compaction of partition 0f-0 took 17 records away, in 2 new objects, and came to offset 40.", 17, 2)]
    [InlineData("Housekeeping: 1 partitions due, 1 done", null, null)]
    public void Compaction_WhenAnInstanceTellsOfIt_IsRead(string line, int? records, int? objects)
    {
        var ran = CompactionRan.Of(5, 1, line);
        Assert.Equal((records, objects), ((int?)ran?.Records, ran?.Objects));
    }
}
