using ManagedLog.Engine.Log;

namespace ManagedLog.Engine.Tests.Compaction;

public class OffsetMapTests
{
    /// <summary>Any keys, until it is full and beyond: what it answers is what a dictionary of as many keys does.</summary>
    [Theory]
    [InlineData(0, 3)]
    [InlineData(240, 7)]
    [InlineData(24 * 1000, 750)]
    public void Map_OfAnySize_IsADictionaryUpToItsCapacity(int bytes, int capacity)
    {
        var random = new Random(bytes);
        var map = new OffsetMap(bytes, 1_000_000);
        var model = new Dictionary<int, long>();
        Assert.Equal(capacity, map.Capacity);
        for (var offset = 0L; offset < 4 * capacity; offset++)
        {
            var key = random.Next(2 * capacity);
            var fits = model.ContainsKey(key) || model.Count < capacity;
            Assert.Equal(fits, map.TryPut(Bytes(key), offset));
            if (fits)
                model[key] = offset;
        }

        Assert.Equal(capacity, map.Count);
        for (var key = 0; key < 2 * capacity; key++)
            Assert.Equal(model.GetValueOrDefault(key, -1), map.Find(Bytes(key)));
    }

    [Fact]
    public void Map_OfFewKeys_TakesNoMoreMemoryThanTheyNeed()
    {
        Assert.InRange(new OffsetMap(32 * 1024 * 1024, 10).SizeInBytes, 10 * OffsetMap.SlotBytes, 30 * OffsetMap.SlotBytes);
        var most = new OffsetMap(32 * 1024 * 1024, long.MaxValue / 8);
        Assert.InRange(most.SizeInBytes, (32 * 1024 * 1024) - OffsetMap.SlotBytes, 32 * 1024 * 1024);
        Assert.True(most.Capacity > 1_000_000);
    }

    [Fact]
    public void Map_HoldsAtLeastAsManyKeysAsItWasAskedFor()
    {
        for (var keys = 0; keys < 50; keys++)
            Assert.True(new OffsetMap(1_000_000, keys).Capacity >= keys);
    }

    [Fact]
    public void Map_WhileItIsUsed_AllocatesNothingForAKey()
    {
        var map = new OffsetMap(240_000, 10_000);
        var key = new byte[16];
        map.TryPut(key, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i < 5000; i++)
        {
            BitConverter.TryWriteBytes(key, i);
            map.TryPut(key, i);
            map.Find(key);
        }

        // The runtime takes something for itself now and then, for nobody knows what.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
    }

    [Fact]
    public void Memory_IsGivenToOneAtATime()
    {
        var memory = new CompactionMemory(1000);
        Assert.NotNull(memory.TryTake(10));
        Assert.Null(memory.TryTake(10));
        memory.GiveBack();
        Assert.NotNull(memory.TryTake(10));
    }

    private static byte[] Bytes(int key) => key == 0 ? [] : BitConverter.GetBytes(key);
}
