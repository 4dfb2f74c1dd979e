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
        Assert.Equal(payload.Label, Payload.LabelOf(payload.KeyBytes, payload.ValueBytes));
        Assert.StartsWith("plain-1/17:", payload.Label, StringComparison.Ordinal);
        for (var i = 0; i < payload.ValueBytes.Length; i++)
        {
            var changed = payload.ValueBytes.ToArray();
            changed[i] ^= 1;
            Assert.NotEqual(payload.Label, Payload.LabelOf(payload.KeyBytes, changed));
        }

        Assert.NotEqual(payload.Label, Payload.LabelOf([], payload.ValueBytes));
    }
}
