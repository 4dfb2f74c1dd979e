using ManagedLog.Protocol.Identity;

namespace ManagedLog.Protocol.Tests.Identity;

public sealed class BatchIdentityTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 5, 5)]
    [InlineData(int.MaxValue - 1, 1, int.MaxValue)]
    [InlineData(int.MaxValue, 1, 0)]
    [InlineData(int.MaxValue, 2, 1)]
    [InlineData(int.MaxValue - 3, 10, 6)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue - 1)]
    public void Advance_AtTheLargestSequence_GoesOnFromZero(int sequence, int records, int expected) =>
        Assert.Equal(expected, BatchIdentity.Advance(sequence, records));

    [Fact]
    public void Advance_InTwoSteps_IsTheSameAsInOne()
    {
        var random = new Random(12);
        for (var i = 0; i < 10_000; i++)
        {
            var (sequence, first, second) = (random.Next(), random.Next(1 << 30), random.Next(1 << 30));

            Assert.Equal(BatchIdentity.Advance(sequence, first + second), BatchIdentity.Advance(BatchIdentity.Advance(sequence, first), second));
        }
    }
}
