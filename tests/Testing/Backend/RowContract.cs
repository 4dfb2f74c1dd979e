using System.Text;
using ManagedLog.Engine.Backend;
using Xunit;

namespace ManagedLog.Testing.Backend;

/// <summary>Rows: values, conditions, and batches that happen whole or not at all.</summary>
public abstract class RowContract : BackendContract
{
    private const string Partition = "p";

    public static TheoryData<string, RowValue> Values => new()
    {
        { "empty string", "" },
        { "ascii", "it's \"quoted\" \\ {json} & <tags> 100%\t\r\n" },
        { "unicode", "äöü ß – 日本語 \u2028 😀 \uFEFF" },
        { "batch text", "--changeset_1\r\nContent-Type: application/http\r\n\r\nPOST http://example/ HTTP/1.1\r\n" },
        { "long zero", 0L },
        { "long max", long.MaxValue },
        { "long min", long.MinValue },
        { "int max", int.MaxValue },
        { "int min", int.MinValue },
        { "true", true },
        { "false", false },
        { "whole double", 5.0 },
        { "double", 0.1 },
        { "double max", double.MaxValue },
        { "double min", double.MinValue },
        { "double epsilon", double.Epsilon },
        { "double nan", double.NaN },
        { "double infinity", double.PositiveInfinity },
        { "double -infinity", double.NegativeInfinity },
        { "no bytes", Array.Empty<byte>() },
        { "bytes", Pattern(1000) },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Values_OfEveryType_ComeBackAsTheyWere(string name, RowValue value)
    {
        Done(await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Insert(name, Value("value", value)), None));

        var row = await ReadAsync(name);

        var property = Assert.Single(row.Properties);
        Assert.Equal("value", property.Key);
        Assert.Equal(value.Value.GetType(), property.Value.Value.GetType());
        Assert.Equal(value, property.Value);
        Assert.Equal(value, Assert.Single(await QueryAllAsync(new RowQuery(Partition))).Properties["value"]);
    }

    [Theory]
    [InlineData("it's", "o''clock")]
    [InlineData("a b+c&d=e", "(x),'y'")]
    [InlineData("äöü", "日本 😀")]
    [InlineData("6f9619ff8b86d011b42d00cf4fc964ff-000012", "segment-00000000000000000042")]
    public async Task Keys_WithUncommonCharacters_AddressTheirRow(string partitionKey, string rowKey)
    {
        var etag = Done(await Backend.CommitRowsAsync(Table, new RowBatch(partitionKey).Insert(rowKey, Value("n", 1)), None))[0];
        Done(await Backend.CommitRowsAsync(Table, new RowBatch(partitionKey).Replace(rowKey, Value("n", 2), etag), None));
        Done(await Backend.CommitRowsAsync(Table, new RowBatch(partitionKey).Merge(rowKey, Value("m", 3), null), None));

        var address = new RowAddress(partitionKey, rowKey);
        var row = Done(await Backend.ReadRowAsync(Table, address, None));
        Assert.Equal(address, row.Address);
        Assert.Equal((2, 3), (row.Properties["n"].AsInt32(), row.Properties["m"].AsInt32()));
        Assert.Equal(address, Assert.Single(await QueryAllAsync(new RowQuery(partitionKey, rowKey, rowKey + "a"))).Address);
        Done(await Backend.CommitRowsAsync(Table, new RowBatch(partitionKey).Delete(rowKey, row.ETag), None));
        Missing(await Backend.ReadRowAsync(Table, address, None));
    }

    [Fact]
    public async Task ReadRow_HasTheServicesTimes()
    {
        await InsertAsync("a");

        var row = await ReadAsync("a");

        // The answer's time is in whole seconds.
        Assert.InRange(row.ReadAt - row.Timestamp, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task ReadRow_WhenAbsent_AnswersMissing()
    {
        Missing(await Backend.ReadRowAsync(Table, new RowAddress(Partition, "a"), None));
        Missing(await Backend.ReadRowAsync("nosuchtable", new RowAddress(Partition, "a"), None));
    }

    [Fact]
    public async Task Tables_AreApart()
    {
        await InsertAsync("a");

        Missing(await Backend.ReadRowAsync(OtherTable, new RowAddress(Partition, "a"), None));
    }

    [Fact]
    public async Task CommitRows_ToATableThatIsAbsent_AnswersMissing() =>
        Missing(await Backend.CommitRowsAsync("nosuchtable", new RowBatch(Partition).Insert("a", Value("n", 1)), None));

    [Fact]
    public async Task CommitRows_OfNothing_IsTheCallersMistake() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Backend.CommitRowsAsync(Table, new RowBatch(Partition), None));

    [Fact]
    public async Task Insert_WhenTheRowExists_FailsWithExistsAndKeepsIt()
    {
        await InsertAsync("a", 1);

        Failed(ConditionFailure.Exists, await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Insert("a", Value("n", 2)), None), 0);

        Assert.Equal(1, await NumberAsync("a"));
    }

    [Fact]
    public async Task Insert_WhenManyRace_HasOneWinner()
    {
        var answers = await AtOnceAsync(8, async i => await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Insert("a", Value("n", i)), None));

        var winner = Assert.Single(answers.Index(), answer => answer.Item.IsDone).Index;
        Assert.All(answers.Where(answer => !answer.IsDone), answer => Failed(ConditionFailure.Exists, answer, 0));
        Assert.Equal(winner, await NumberAsync("a"));
    }

    [Fact]
    public async Task Replace_UnderItsETag_LeavesNothingOfTheOldRow()
    {
        var etag = await InsertAsync("a", new Dictionary<string, RowValue> { ["n"] = 1, ["old"] = "x" });

        var changed = Done(await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Replace("a", Value("n", 2), etag), None))[0];

        var row = await ReadAsync("a");
        Assert.Equal(["n"], row.Properties.Keys);
        Assert.Equal(2, row.Properties["n"].AsInt32());
        Assert.Equal(changed, row.ETag);
        Assert.NotEqual(etag, row.ETag);
    }

    [Fact]
    public async Task Merge_UnderItsETag_SetsWhatIsGivenAndLeavesTheRest()
    {
        var etag = await InsertAsync("a", new Dictionary<string, RowValue> { ["n"] = 1, ["kept"] = "x" });

        var changed = Done(await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Merge("a", new Dictionary<string, RowValue> { ["n"] = 2L, ["new"] = true }, etag), None))[0];

        var row = await ReadAsync("a");
        Assert.Equal(changed, row.ETag);
        Assert.Equal(["kept", "n", "new"], row.Properties.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(2L, row.Properties["n"]);
        Assert.Equal("x", row.Properties["kept"]);
    }

    [Fact]
    public async Task Delete_UnderItsETag_RemovesTheRowAndAnswersNoETag()
    {
        var etag = await InsertAsync("a");

        Assert.Equal([default], Done(await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Delete("a", etag), None)));

        Missing(await Backend.ReadRowAsync(Table, new RowAddress(Partition, "a"), None));
    }

    [Theory]
    [InlineData(RowOperationKind.Replace)]
    [InlineData(RowOperationKind.Merge)]
    [InlineData(RowOperationKind.Delete)]
    public async Task AChange_UnderAStaleETag_FailsWithETagAndChangesNothing(RowOperationKind kind)
    {
        var stale = await InsertAsync("a", 1);
        Done(await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Replace("a", Value("n", 2), stale), None));

        Failed(ConditionFailure.ETag, await Backend.CommitRowsAsync(Table, Change(new RowBatch(Partition), kind, "a", stale), None), 0);

        Assert.Equal(2, await NumberAsync("a"));
    }

    [Theory]
    [InlineData(RowOperationKind.Replace)]
    [InlineData(RowOperationKind.Merge)]
    [InlineData(RowOperationKind.Delete)]
    public async Task AChange_WithoutAnETag_TakesTheRowAsItIs(RowOperationKind kind)
    {
        await InsertAsync("a", 1);

        Done(await Backend.CommitRowsAsync(Table, Change(new RowBatch(Partition), kind, "a", null), None));

        if (kind == RowOperationKind.Delete)
            Missing(await Backend.ReadRowAsync(Table, new RowAddress(Partition, "a"), None));
        else
            Assert.Equal(99, await NumberAsync("a"));
    }

    [Theory]
    [InlineData(RowOperationKind.Replace, true)]
    [InlineData(RowOperationKind.Replace, false)]
    [InlineData(RowOperationKind.Merge, true)]
    [InlineData(RowOperationKind.Merge, false)]
    [InlineData(RowOperationKind.Delete, true)]
    [InlineData(RowOperationKind.Delete, false)]
    public async Task AChange_OfARowThatIsAbsent_AnswersMissing(RowOperationKind kind, bool underETag)
    {
        var etag = await InsertAsync("gone");
        Done(await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Delete("gone", etag), None));

        Missing(await Backend.CommitRowsAsync(Table, Change(new RowBatch(Partition), kind, "gone", underETag ? etag : null), None), 0);

        Missing(await Backend.ReadRowAsync(Table, new RowAddress(Partition, "gone"), None));
    }

    [Fact]
    public async Task CommitRows_OfEveryKindAtOnce_AnswersTheETagsInOrder()
    {
        var replaced = await InsertAsync("replaced", 1);
        var merged = await InsertAsync("merged", 1);
        var deleted = await InsertAsync("deleted", 1);

        var etags = Done(await Backend.CommitRowsAsync(
            Table,
            new RowBatch(Partition)
                .Delete("deleted", deleted)
                .Insert("inserted", Value("n", 2))
                .Merge("merged", Value("n", 3), merged)
                .Replace("replaced", Value("n", 4), replaced),
            None));

        Assert.Equal(4, etags.Count);
        Assert.Equal(default, etags[0]);
        Assert.Equal(etags.Skip(1), [(await ReadAsync("inserted")).ETag, (await ReadAsync("merged")).ETag, (await ReadAsync("replaced")).ETag]);
        Assert.Equal((2, 3, 4), (await NumberAsync("inserted"), await NumberAsync("merged"), await NumberAsync("replaced")));
        Missing(await Backend.ReadRowAsync(Table, new RowAddress(Partition, "deleted"), None));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public async Task CommitRows_WhenOneConditionFails_ChangesNothingAndNamesTheOperation(int failing)
    {
        var kept = await InsertAsync("kept", 1);
        var moved = await InsertAsync("moved", 1);
        Done(await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Replace("moved", Value("n", 2), moved), None));

        var batch = new RowBatch(Partition);
        for (var i = 0; i < 5; i++)
        {
            if (i == failing)
                batch.Replace("moved", Value("n", 3), moved);
            else if (i == (failing + 1) % 5)
                batch.Merge("kept", Value("n", 3), kept);
            else
                batch.Insert($"new-{i}", Value("n", i));
        }

        Failed(ConditionFailure.ETag, await Backend.CommitRowsAsync(Table, batch, None), failing);

        Assert.Equal(["kept", "moved"], (await QueryAllAsync(new RowQuery(Partition))).Select(row => row.Address.RowKey));
        Assert.Equal((1, 2), (await NumberAsync("kept"), await NumberAsync("moved")));
        Assert.Equal(kept, (await ReadAsync("kept")).ETag);
    }

    [Fact]
    public async Task CommitRows_WhenAnInsertOfManyExists_NamesIt()
    {
        await InsertAsync("r-42", 1);
        var batch = new RowBatch(Partition);
        for (var i = 0; i < 100; i++)
            batch.Insert($"r-{i}", Value("n", i));

        Failed(ConditionFailure.Exists, await Backend.CommitRowsAsync(Table, batch, None), 42);

        Assert.Single(await QueryAllAsync(new RowQuery(Partition)));
    }

    [Fact]
    public async Task CommitRows_WhenARowIsAbsent_NamesItAndChangesNothing()
    {
        var batch = new RowBatch(Partition).Insert("a", Value("n", 1)).Delete("absent", null);

        Missing(await Backend.CommitRowsAsync(Table, batch, None), 1);

        Assert.Empty(await QueryAllAsync(new RowQuery(Partition)));
    }

    [Fact]
    public async Task CommitRows_Of100Rows_StoresAll()
    {
        var batch = new RowBatch(Partition);
        for (var i = 0; i < RowBatch.MaxOperations; i++)
            batch.Insert($"r-{i:D3}", Value("n", i));

        var etags = Done(await Backend.CommitRowsAsync(Table, batch, None));

        var rows = await QueryAllAsync(new RowQuery(Partition));
        Assert.Equal(Enumerable.Range(0, 100), rows.Select(row => row.Properties["n"].AsInt32()));
        Assert.Equal(etags, rows.Select(row => row.ETag));
    }

    [Fact]
    public async Task CommitRows_OfARowOfNearlyOneMebibyte_StoresIt()
    {
        var properties = new Dictionary<string, RowValue>();
        for (var i = 0; i < 8; i++)
            properties[$"text{i}"] = new string((char)('a' + i), RowBatch.MaxStringCharacters);
        for (var i = 0; i < 5; i++)
            properties[$"bytes{i}"] = Pattern(RowBatch.MaxBinaryBytes, i);

        await InsertAsync("big", properties);

        var row = await ReadAsync("big");
        Assert.Equal(properties.OrderBy(p => p.Key, StringComparer.Ordinal), row.Properties.OrderBy(p => p.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task CommitRows_OfNearlyFourMebibytesOfText_StoresIt()
    {
        var text = string.Concat(Enumerable.Repeat("日本語ü", RowBatch.MaxStringCharacters / 4));
        var batch = new RowBatch(Partition);
        for (var i = 0; i < 40; i++)
            batch.Insert($"r-{i:D2}", Value("text", text));

        Done(await Backend.CommitRowsAsync(Table, batch, None));

        Assert.All(await QueryAllAsync(new RowQuery(Partition)), row => Assert.Equal(text, row.Properties["text"].AsString()));
        Assert.True(Encoding.UTF8.GetByteCount(text) * 40 > 3 * 1024 * 1024);
    }

    [Fact]
    public async Task CommitRows_WhenTheBytesChangeAfterTheAnswer_HasStoredWhatTheyWere()
    {
        var bytes = new byte[] { 1, 2, 3 };
        var properties = new Dictionary<string, RowValue> { ["bytes"] = bytes };
        await InsertAsync("a", properties);

        bytes[0] = 9;
        properties["more"] = 1;

        Assert.Equal(new byte[] { 1, 2, 3 }, Assert.Single((await ReadAsync("a")).Properties).Value.AsBytes());
    }

    [Fact]
    public async Task Replace_By8WhoCompareAndSet_CountsEveryChange()
    {
        const int Each = 10;
        await InsertAsync("counter", 0);

        await AtOnceAsync(8, async _ =>
        {
            for (var i = 0; i < Each;)
            {
                var row = await ReadAsync("counter");
                var answer = await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Replace("counter", Value("n", row.Properties["n"].AsInt32() + 1), row.ETag), None);
                if (answer.IsDone)
                    i++;
                else
                    Failed(ConditionFailure.ETag, answer, 0);
            }

            return true;
        });

        Assert.Equal(8 * Each, await NumberAsync("counter"));
    }

    private static Dictionary<string, RowValue> Value(string name, RowValue value) => new() { [name] = value };

    private static RowBatch Change(RowBatch batch, RowOperationKind kind, string rowKey, ETag? ifMatch) => kind switch
    {
        RowOperationKind.Insert => batch.Insert(rowKey, Value("n", 99)),
        RowOperationKind.Replace => batch.Replace(rowKey, Value("n", 99), ifMatch),
        RowOperationKind.Merge => batch.Merge(rowKey, Value("n", 99), ifMatch),
        RowOperationKind.Delete => batch.Delete(rowKey, ifMatch),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private Task<ETag> InsertAsync(string rowKey, int number = 0) => InsertAsync(rowKey, Value("n", number));

    private async Task<ETag> InsertAsync(string rowKey, Dictionary<string, RowValue> properties) =>
        Assert.Single(Done(await Backend.CommitRowsAsync(Table, new RowBatch(Partition).Insert(rowKey, properties), None)));

    private async Task<Row> ReadAsync(string rowKey) => Done(await Backend.ReadRowAsync(Table, new RowAddress(Partition, rowKey), None));

    private async Task<int> NumberAsync(string rowKey) => (await ReadAsync(rowKey)).Properties["n"].AsInt32();

    private async Task<List<Row>> QueryAllAsync(RowQuery query)
    {
        var rows = new List<Row>();
        string? continuation = null;
        do
        {
            var page = Done(await Backend.QueryRowsAsync(Table, query with { Continuation = continuation }, None));
            rows.AddRange(page.Rows);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return rows;
    }
}
