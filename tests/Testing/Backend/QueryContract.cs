using ManagedLog.Engine.Backend;
using Xunit;

namespace ManagedLog.Testing.Backend;

/// <summary>Queries of rows: bounds, order, pages.</summary>
public abstract class QueryContract : BackendContract
{
    [Fact]
    public async Task QueryRows_WhenThereAreNone_IsEmpty()
    {
        var page = Done(await Backend.QueryRowsAsync(Table, new RowQuery("p"), None));

        Assert.Empty(page.Rows);
        Assert.Null(page.Continuation);
    }

    [Fact]
    public async Task QueryRows_OfATableThatIsAbsent_AnswersMissing() => Missing(await Backend.QueryRowsAsync("nosuchtable", new RowQuery("p"), None));

    [Fact]
    public async Task QueryRows_AnswersWholeRowsOfItsPartitionKeyOnly()
    {
        var etag = Done(await Backend.CommitRowsAsync(Table, new RowBatch("p").Insert("a", Number(1)), None))[0];
        Done(await Backend.CommitRowsAsync(Table, new RowBatch("p2").Insert("b", Number(2)), None));
        Done(await Backend.CommitRowsAsync(Table, new RowBatch("o").Insert("c", Number(3)), None));

        var row = Assert.Single(Done(await Backend.QueryRowsAsync(Table, new RowQuery("p"), None)).Rows);

        var read = Done(await Backend.ReadRowAsync(Table, new RowAddress("p", "a"), None));
        Assert.Equal((new RowAddress("p", "a"), etag, read.Timestamp), (row.Address, row.ETag, row.Timestamp));
        Assert.Equal(1, row.Properties["n"].AsInt32());
        Assert.InRange(row.ReadAt - row.Timestamp, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData(null, null, "0 A B a a0 aa b ~")]
    [InlineData("a", null, "a a0 aa b ~")]
    [InlineData(null, "a", "0 A B")]
    [InlineData("A", "aa", "A B a a0")]
    [InlineData("a", "a", "")]
    [InlineData("b", "a", "")]
    [InlineData("C", "Z", "")]
    public async Task QueryRows_WithinBounds_AnswersThemInOrdinalOrder(string? from, string? below, string expected)
    {
        var batch = new RowBatch("p");
        foreach (var key in new[] { "b", "a", "~", "B", "aa", "0", "A", "a0" })
            batch.Insert(key, Number(1));
        Done(await Backend.CommitRowsAsync(Table, batch, None));

        var (rows, _) = await ReadPagesAsync(new RowQuery("p", from, below));

        Assert.Equal(expected, string.Join(' ', rows));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task QueryRows_InPages_AnswersEachOnce(int pageSize)
    {
        var batch = new RowBatch("it's p");
        for (var i = 0; i < 5; i++)
            batch.Insert($"k' {i}", Number(i));
        Done(await Backend.CommitRowsAsync(Table, batch, None));

        var (rows, pages) = await ReadPagesAsync(new RowQuery("it's p", "k' 0", "k' 9", pageSize));

        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"k' {i}"), rows);
        Assert.InRange(pages, (5 + pageSize - 1) / pageSize, 6);
    }

    [Fact]
    public async Task QueryRows_OfMoreThanAPage_GoesOnWhereItStopped()
    {
        for (var i = 0; i < 1_050; i += 50)
        {
            var batch = new RowBatch("p");
            for (var j = i; j < i + 50; j++)
                batch.Insert($"r-{j:D5}", Number(j));
            Done(await Backend.CommitRowsAsync(Table, batch, None));
        }

        var first = Done(await Backend.QueryRowsAsync(Table, new RowQuery("p"), None));
        Assert.InRange(first.Rows.Count, 1, 1_000);
        Assert.NotNull(first.Continuation);

        var (rows, _) = await ReadPagesAsync(new RowQuery("p"));
        Assert.Equal(Enumerable.Range(0, 1_050).Select(i => $"r-{i:D5}"), rows);
    }

    [Fact]
    public async Task QueryRows_WhenARowGoesBetweenPages_AnswersTheOthers()
    {
        var batch = new RowBatch("p");
        for (var i = 0; i < 4; i++)
            batch.Insert($"{i}", Number(i));
        Done(await Backend.CommitRowsAsync(Table, batch, None));
        var first = Done(await Backend.QueryRowsAsync(Table, new RowQuery("p", MaxRows: 2), None));

        Done(await Backend.CommitRowsAsync(Table, new RowBatch("p").Delete("2", null), None));

        var (rows, _) = await ReadPagesAsync(new RowQuery("p", MaxRows: 2, Continuation: first.Continuation));
        Assert.Equal(["0", "1"], first.Rows.Select(row => row.Address.RowKey));
        Assert.Equal(["3"], rows);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_001)]
    public async Task QueryRows_ForAPageThatTheServiceDoesNotOffer_IsTheCallersMistake(int maxRows) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Backend.QueryRowsAsync(Table, new RowQuery("p", MaxRows: maxRows), None));

    private static Dictionary<string, RowValue> Number(int number) => new() { ["n"] = number };

    private async Task<(List<string> RowKeys, int Pages)> ReadPagesAsync(RowQuery query)
    {
        var keys = new List<string>();
        for (var pages = 1; ; pages++)
        {
            var page = Done(await Backend.QueryRowsAsync(Table, query, None));
            Assert.InRange(page.Rows.Count, 0, query.MaxRows);
            keys.AddRange(page.Rows.Select(row => row.Address.RowKey));
            if (page.Continuation is null)
                return (keys, pages);
            query = query with { Continuation = page.Continuation };
        }
    }
}
