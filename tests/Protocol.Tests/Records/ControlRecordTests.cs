using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Protocol.Tests.Records;

public sealed class ControlRecordTests
{
    [Theory]
    [InlineData(ControlRecordType.Commit, 0)]
    [InlineData(ControlRecordType.Abort, int.MaxValue)]
    [InlineData(ControlRecordType.Commit, -1)]
    public void ToBatch_ForAnEndOfATransaction_ReadsBackAsIt(ControlRecordType type, int coordinatorEpoch)
    {
        var control = new ControlRecord(type, coordinatorEpoch);

        var batch = control.ToBatch(new ProducerIdentity(41, 2), 1_000);

        Assert.Equal(BatchDefect.None, RecordBatchCheck.Check(batch.Span, out var header));
        Assert.Equal((true, true, new BatchIdentity(new ProducerIdentity(41, 2), -1), 1_000L), (header.IsControl, header.IsTransactional, header.Identity, header.MaxTimestamp));
        Assert.True(ControlRecord.TryDecode(Assert.Single(Batches.Read(batch)), out var read));
        Assert.Equal(control, read);
    }

    [Fact]
    public void TryDecode_OfALaterVersionThatIsLonger_ReadsWhatItKnows()
    {
        var record = new Record(0, 0, new byte[] { 0, 1, 0, 1, 9 }, new byte[] { 0, 1, 0, 0, 0, 5, 9, 9 }, []);

        Assert.True(ControlRecord.TryDecode(record, out var control));
        Assert.Equal(new ControlRecord(ControlRecordType.Commit, 5), control);
    }

    public static TheoryData<byte[]?, byte[]?> Malformed => new()
    {
        { null, [0, 0, 0, 0, 0, 0] },
        { [0, 0, 0, 1], null },
        { [], [] },
        { [0, 0, 0], [0, 0, 0, 0, 0, 0] },
        { [0, 0, 0, 1], [0, 0, 0, 0, 0] },
        { [0x80, 0, 0, 1], [0, 0, 0, 0, 0, 0] },
        { [0, 0, 0, 1], [0x80, 0, 0, 0, 0, 0] },
        { [0, 0, 0, 2], [0, 0, 0, 0, 0, 0] },
        { [0, 0, 0xFF, 0xFF], [0, 0, 0, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void TryDecode_OfAnythingElse_Refuses(byte[]? key, byte[]? value)
    {
        var record = new Record(0, 0, key is null ? null : new ReadOnlyMemory<byte>(key), value is null ? null : new ReadOnlyMemory<byte>(value), []);

        Assert.False(ControlRecord.TryDecode(record, out _));
    }
}
