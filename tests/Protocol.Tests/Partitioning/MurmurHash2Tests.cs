using System.Text;
using System.Text.Json;
using ManagedLog.Protocol.Partitioning;

namespace ManagedLog.Protocol.Tests.Partitioning;

public sealed class MurmurHash2Tests
{
    /// <summary>The values of Apache Kafka's own test of <c>Utils.murmur2</c>.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Compute_ForKafkasTestKeys_GivesKafkasValues(string key, int expected) =>
        Assert.Equal(expected, (int)MurmurHash2.Compute(Encoding.UTF8.GetBytes(key)));

    /// <summary>Vectors/murmur2.json, made by kafka-python: keys of 0 to 39 arbitrary bytes.</summary>
    [Fact]
    public void Compute_ForAnotherClientsKeys_GivesTheSameHashAndPartition()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Vectors", "murmur2.json")));
        var keys = document.RootElement.GetProperty("keys").EnumerateArray().ToList();

        Assert.Equal(157, keys.Count);
        foreach (var vector in keys)
        {
            var key = Convert.FromHexString(vector.GetProperty("key").GetString()!);
            Assert.Equal(vector.GetProperty("hash").GetUInt32(), MurmurHash2.Compute(key));
            Assert.Equal(vector.GetProperty("partitionOf12").GetInt32(), MurmurHash2.PartitionFor(key, 12));
        }
    }

    [Fact]
    public void PartitionFor_WhenTheHashIsNegative_DropsTheSignBit() =>
        Assert.Equal((-973932308 & int.MaxValue) % 7, MurmurHash2.PartitionFor("21"u8, 7));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void PartitionFor_WithoutPartitions_Throws(int partitions) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MurmurHash2.PartitionFor("21"u8, partitions));
}
