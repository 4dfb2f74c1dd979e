using ManagedLog.Engine.Backend;
using Xunit;

namespace ManagedLog.Testing.Backend;

/// <summary>Rows that are written again: by the same content, and whether they are there or not.</summary>
public abstract class RowRenewalContract : BackendContract
{
    private const string Partition = "p";

    [Fact]
    public async Task Upsert_OfARowThatIsAbsent_InsertsIt()
    {
        var etag = Assert.Single(await CommitAsync(new RowBatch(Partition).Upsert("a", Value("n", 1))));

        var row = Done(await Backend.ReadRowAsync(Table, new RowAddress(Partition, "a"), None));
        Assert.Equal((etag, 1), (row.ETag, row.Properties["n"].AsInt32()));
    }

    [Fact]
    public async Task Upsert_OfARowThatIsThere_ReplacesAllOfItUnderANewETag()
    {
        var inserted = (await CommitAsync(new RowBatch(Partition).Insert("a", Value("old", 1))))[0];

        var etag = Assert.Single(await CommitAsync(new RowBatch(Partition).Upsert("a", Value("new", 2))));

        var row = Done(await Backend.ReadRowAsync(Table, new RowAddress(Partition, "a"), None));
        Assert.Equal((etag, "new"), (row.ETag, Assert.Single(row.Properties).Key));
        Failed(ConditionFailure.ETag, await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Delete("a", inserted), None), 0);
    }

    [Fact]
    public async Task Upsert_WithOthersInABatch_HappensWithThemOrNotAtAll()
    {
        var etag = (await CommitAsync(new RowBatch(Partition).Insert("guard", Value("n", 0)).Insert("there", Value("n", 1))))[0];

        var etags = await CommitAsync(new RowBatch(Partition).Replace("guard", Value("n", 1), etag).Upsert("there", Value("n", 2)).Upsert("absent", Value("n", 3)));
        Failed(
            ConditionFailure.ETag,
            await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Upsert("there", Value("n", 9)).Replace("guard", Value("n", 9), etag).Upsert("other", Value("n", 9)), None),
            1);

        var rows = Done(await Backend.QueryRowsAsync(Table, new RowQuery(Partition), None)).Rows;
        Assert.Equal([("absent", 3), ("guard", 1), ("there", 2)], rows.Select(row => (row.Address.RowKey, row.Properties["n"].AsInt32())));
        Assert.Equal([etags[2], etags[0], etags[1]], rows.Select(row => row.ETag));
    }

    /// <summary>Whoever read it before learns that somebody was there, however fast it went.</summary>
    [Fact]
    public async Task ARowThatIsReplacedByItself_HasAnotherETagEachTime()
    {
        const int Times = 25;
        var etags = new HashSet<ETag>();
        var etag = (await CommitAsync(new RowBatch(Partition).Insert("a", Value("n", 1))))[0];
        for (var i = 0; i < Times; i++)
        {
            Assert.True(etags.Add(etag), $"{etag} came twice.");
            etag = (await CommitAsync(new RowBatch(Partition).Replace("a", Value("n", 1), etag)))[0];
        }

        etag = (await CommitAsync(new RowBatch(Partition).Merge("a", new Dictionary<string, RowValue>(), etag).Upsert("b", Value("n", 1))))[0];
        Assert.True(etags.Add(etag), $"{etag} came twice.");
        Assert.Equal(1, Done(await Backend.ReadRowAsync(Table, new RowAddress(Partition, "a"), None)).Properties["n"].AsInt32());
    }

    private static Dictionary<string, RowValue> Value(string name, RowValue value) => new() { [name] = value };

    private async Task<IReadOnlyList<ETag>> CommitAsync(RowBatch batch) => Done(await Backend.CommitRowsAsync(Table, batch, None));
}
