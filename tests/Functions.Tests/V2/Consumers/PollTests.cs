using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V2.Consumers;

public sealed class PollTests : IAsyncLifetime
{
    private TwoServices _services = null!;

    public async Task InitializeAsync() => _services = await TwoServices.StartAsync();

    public async Task DisposeAsync() => await _services.DisposeAsync();

    [Fact]
    public async Task Poll_TheFirstOne_JoinsAndGivesWhatStands()
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 3);
        for (var partition = 0; partition < 3; partition++)
            await _services.ProduceAsync(topic, 2, partition);
        var instance = await _services.SubscribedAsync("g", topic);
        Assert.Equal(["0:0", "0:1", "1:0", "1:1", "2:0", "2:1"], (await _services.PollAsync(instance, "timeout=60000")).Order());
        Assert.Empty(await _services.PollAsync(instance));
        Assert.Equal([0, 1, 2], await _services.AssignmentAsync(instance));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Poll_WaitsForARecord_AndAnswersAsSoonAsThereIsOne(bool isSubscribed)
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 2);
        var instance = isSubscribed ? await _services.SubscribedAsync("g", topic) : await _services.AssignedAsync("g", topic, 0, 1);
        Assert.Empty(await _services.PollAsync(instance));
        var waiting = _services.PollAsync(instance, "timeout=60000");
        await _services.ProduceAsync(topic, 1, partition: 1);
        Assert.Equal(["1:0"], await waiting);
    }

    [Fact]
    public async Task Poll_OfATopicThatAppearsMeanwhile_GivesItsRecords()
    {
        var instance = await _services.AssignedAsync("g", "topic-1", 0);
        var waiting = _services.PollAsync(instance, "timeout=60000");
        Assert.Equal("topic-1", await _services.One.CreateTopicAsync());
        await _services.ProduceAsync("topic-1", 1);
        Assert.Equal(["0:0"], await waiting);
    }

    [Fact]
    public async Task Poll_BeforeAnythingIsSubscribed_IsRefused()
    {
        var instance = await _services.CreateAsync("g");
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/records", null, 409, 40903);
    }

    [Fact]
    public async Task Polls_AtTheSameTimeOnBothServices_GiveEachRecordOnce()
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 4);
        var instance = await _services.SubscribedAsync("g", topic);
        Assert.Empty(await _services.PollAsync(instance));
        var polling = Enumerable.Range(0, 6).Select(_ => PollAsync()).ToList();
        for (var i = 0; i < 100; i++)
            await _services.ProduceAsync(topic, 2, i % 4);
        var given = (await Task.WhenAll(polling)).SelectMany(records => records).ToList();
        given.AddRange(await _services.PollAsync(instance));
        Assert.Equal(200, given.Distinct().Count());
        Assert.Equal(200, given.Count);

        async Task<List<string>> PollAsync()
        {
            var all = new List<string>();
            for (var i = 0; i < 12; i++)
                all.AddRange(await _services.PollAsync(instance, "timeout=100"));
            return all;
        }
    }

    [Fact]
    public async Task Polls_OfOneInstanceOnBothServices_JoinOnce()
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 3);
        await _services.ProduceAsync(topic, 3);
        var instance = await _services.SubscribedAsync("g", topic);
        var given = (await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _services.PollAsync(instance)))).SelectMany(records => records).ToList();
        given.AddRange(await _services.PollAsync(instance));
        Assert.Equal(["0:0", "0:1", "0:2"], given.Order());
        var consumers = await _services.GetAsync(_services.One.V3("/consumer-groups/g/consumers"));
        Assert.Equal([instance.Split('/')[^1]], consumers["data"]!.AsArray().Select(consumer => (string)consumer!["consumer_id"]!));
    }

    [Theory]
    [InlineData("max_bytes=1", 1)]
    [InlineData("max_bytes=4", 2)]
    [InlineData("count=3", 3)]
    [InlineData("max_bytes=1000", 10)]
    public async Task Poll_KeepsItsLimits_AndGoesOnWhereItEnded(string limit, int records)
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.One.ProduceAsync($"/topics/{topic}", $$"""{"records":[{{string.Join(',', Enumerable.Repeat("""{"value":10}""", 10))}}]}""");
        var instance = await _services.AssignedAsync("g", topic, 0);
        var given = new List<string>();
        for (var polls = 0; polls < 10 / records; polls++)
        {
            var some = await _services.PollAsync(instance, "timeout=0&" + limit);
            Assert.Equal(records, some.Count);
            given.AddRange(some);
        }

        given.AddRange(await _services.PollAsync(instance));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"0:{i}"), given);
    }

    [Fact]
    public async Task Poll_OfAnInstanceWithMaxPollRecords_GivesNoMore()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 5);
        var instance = await _services.SubscribedAsync("g", topic, "\"max.poll.records\":2");
        Assert.Equal(["0:0", "0:1"], await _services.PollAsync(instance, "timeout=1000"));
        Assert.Equal(["0:2", "0:3"], await _services.PollAsync(instance, "timeout=1000"));
    }

    [Fact]
    public async Task Poll_WithFetchMinBytes_CollectsSoManyWhileItsTimeLasts()
    {
        var topic = await _services.One.CreateTopicAsync();
        var instance = await _services.SubscribedAsync("g", topic, "\"fetch.min.bytes\":3");
        Assert.Empty(await _services.PollAsync(instance));
        var waiting = _services.PollAsync(instance, "timeout=60000");
        for (var i = 0; i < 3; i++)
        {
            Assert.False(waiting.IsCompleted);
            await _services.ProduceAsync(topic, 1);
        }

        Assert.Equal(["0:0", "0:1", "0:2"], await waiting);
        await _services.ProduceAsync(topic, 1);
        Assert.Equal(["0:3"], await _services.PollAsync(instance, "timeout=20"));
    }

    [Theory]
    [InlineData("binary", TestService.Json, 40601)]
    [InlineData("json", TestService.Binary, 40601)]
    [InlineData("json", "application/vnd.kafka.avro.v2+json", 40601)]
    [InlineData("json", "text/html", 406)]
    public async Task Poll_AsAnotherFormat_IsRefused(string format, string accept, int code)
    {
        var instance = await _services.CreateAsync("g", format: format);
        using var answer = await _services.SendAsync(HttpMethod.Get, $"{instance}/records", accept: accept);
        await TestService.ExpectErrorAsync(answer, 406, code);
    }

    [Theory]
    [InlineData("binary", null, TestService.Binary, "\"MQ==\"")]
    [InlineData("binary", TestService.V2, TestService.Binary, "\"MQ==\"")]
    [InlineData("json", "*/*", TestService.Json, "1")]
    [InlineData("json", "application/json", "application/json", "1")]
    [InlineData("text", "text/html;q=0.5, application/vnd.kafka.text.v2+json;q=0.4", TestService.Text, "\"1\"")]
    public async Task Poll_IsGivenInTheFormatOfTheInstance(string format, string? accept, string type, string value)
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.One.ProduceAsync($"/topics/{topic}", """{"records":[{"key":1,"value":1,"headers":[{"key":"h","value":"AQ=="},{"key":"n","value":null}],"timestamp":1000}]}""");
        var instance = await _services.CreateAsync("g", format: format);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/assignments", TwoServices.Partitions(topic, 0));
        using var answer = await _services.SendAsync(HttpMethod.Get, $"{instance}/records", accept: accept);
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            $$"""[{"topic":"{{topic}}","key":{{value}},"value":{{value}},"partition":0,"offset":0,"timestamp":1000,"headers":[{"key":"h","value":"AQ=="},{"key":"n","value":null}]}]""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Poll_WithAFormatOfItsOwnForKeys_ShowsThemSo()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.One.ProduceAsync($"/topics/{topic}", """{"records":[{"key":"k","value":"1"}]}""", TestService.Text);
        var instance = await _services.CreateAsync("g", "\"key.format\":\"text\"");
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/assignments", TwoServices.Partitions(topic, 0));
        var record = (await _services.GetAsync($"{instance}/records"))[0]!;
        Assert.Equal(("k", 1), ((string)record["key"]!, (int)record["value"]!));
    }

    [Fact]
    public async Task Poll_AtARecordThatTheFormatCannotShow_GivesWhatIsBefore_ThenSaysSo_AndGoesOnBehindItAfterASeek()
    {
        var topic = await _services.One.CreateTopicAsync();
        foreach (var value in new[] { "1", "no json", "3" })
            await _services.One.ProduceAsync($"/topics/{topic}", $$"""{"records":[{"value":"{{value}}"}]}""", TestService.Text);
        var instance = await _services.AssignedAsync("g", topic, 0);
        Assert.Equal(["0:0"], await _services.PollAsync(instance));
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/records?timeout=0", null, 408, 40801, "offset 1", topic);
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/records?timeout=0", null, 408, 40801, "offset 1", topic);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/positions", TwoServices.Offsets(topic, (0, 2)));
        Assert.Equal(["0:2"], await _services.PollAsync(instance));
    }

    [Fact]
    public async Task Poll_WhosePositionWasDeleted_GoesOnWhereItsSettingsSay()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 5);
        var instance = await _services.AssignedAsync("g", topic, 0);
        await _services.PollAsync(instance, "timeout=0&count=1");
        using var deleted = await _services.One.SendAsync(HttpMethod.Post, _services.One.V3($"/topics/{topic}/partitions/0/records:delete"), """{"before_offset":3}""");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);

        // The other one may give them for some seconds more.
        Assert.Equal(["0:3", "0:4"], (await _services.One.GetAsync($"{instance}/records?timeout=0")).AsArray().Select(record => $"0:{record!["offset"]}"));
    }

    [Theory]
    [InlineData("timeout=x")]
    [InlineData("timeout=-1")]
    [InlineData("max_bytes=x")]
    [InlineData("count=-1")]
    public async Task Poll_WithParametersThatAreNone_IsRefused(string query)
    {
        var instance = await _services.AssignedAsync("g", "t", 0);
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{instance}/records?{query}", null, 400, 40002);
    }

    [Fact]
    public async Task Seek_TakesEffectAtTheNextPoll_AndCommitsNothing()
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 2);
        await _services.One.ProduceAsync($"/topics/{topic}", """{"records":[{"value":0,"partition":0,"timestamp":1000},{"value":1,"partition":0,"timestamp":2000},{"value":0,"partition":1,"timestamp":3000}]}""");
        foreach (var instance in new[] { await _services.AssignedAsync("g1", topic, 0, 1), await _services.SubscribedAsync("g2", topic) })
        {
            await _services.DoneAsync(HttpMethod.Post, $"{instance}/positions", TwoServices.Offsets(topic, (0, 1)));
            Assert.Equal(["0:1", "1:0"], (await _services.PollAsync(instance)).Order());
            await _services.DoneAsync(HttpMethod.Post, $"{instance}/positions/beginning", TwoServices.Partitions(topic, 0));
            Assert.Equal(["0:0", "0:1"], await _services.PollAsync(instance));
            await _services.DoneAsync(HttpMethod.Post, $"{instance}/positions", $$"""{"timestamps":[{"topic":"{{topic}}","partition":0,"timestamp":"1970-01-01T00:00:02Z"},{"topic":"{{topic}}","partition":1,"timestamp":9000}]}""");
            Assert.Equal(["0:1"], await _services.PollAsync(instance));
            await _services.DoneAsync(HttpMethod.Post, $"{instance}/positions/beginning", TwoServices.Partitions(topic, 0, 1));
            await _services.DoneAsync(HttpMethod.Post, $"{instance}/positions/end", TwoServices.Partitions(topic, 0));
            Assert.Equal(["1:0"], await _services.PollAsync(instance));
            Assert.Empty(await _services.CommittedAsync(instance, topic, 0, 1));
        }
    }

    [Fact]
    public async Task Seek_OfAPartitionThatItDoesNotHave_IsRefused_AndMovesNothing()
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 2);
        await _services.ProduceAsync(topic, 2);
        var assigned = await _services.AssignedAsync("g", topic, 0);
        var both = TwoServices.Offsets(topic, (0, 1), (1, 0));
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{assigned}/positions", both, 409, 40903, topic);
        Assert.Equal(["0:0", "0:1"], await _services.PollAsync(assigned));
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{await _services.CreateAsync("g")}/positions/end", TwoServices.Partitions(topic, 0), 409, 40903);
        var missing = await _services.AssignedAsync("g", "no-such-topic", 0);
        await _services.ExpectErrorAsync(HttpMethod.Post, $"{missing}/positions/end", TwoServices.Partitions("no-such-topic", 0), 404, 40402);
    }

    [Fact]
    public async Task Poll_AtTheLatest_GivesWhatComesAfterItsFirstPoll()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 2);
        var created = await _services.JsonAsync(HttpMethod.Post, "/consumers/g", """{"format":"json"}""");
        var instance = $"/consumers/g/instances/{created["instance_id"]}";
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/subscription", $$"""{"topics":["{{topic}}"]}""");
        Assert.Empty(await _services.PollAsync(instance));
        await _services.ProduceAsync(topic, 1);
        Assert.Equal(["0:2"], await _services.PollAsync(instance));
    }

    [Fact]
    public async Task Poll_ThatGivesSomething_CostsOneRowWrite_AndOneThatGivesNothingNone()
    {
        var topic = await _services.One.CreateTopicAsync();
        var instance = await _services.SubscribedAsync("g", topic);
        await _services.ProduceAsync(topic, 1);
        Assert.Single(await _services.PollAsync(instance));
        Assert.Empty(await _services.PollAsync(instance));
        await _services.ProduceAsync(topic, 1);
        var before = _services.Counts.Snapshot();
        Assert.Single(await _services.PollAsync(instance));
        var some = _services.Counts.Since(before);
        Assert.Empty(await _services.PollAsync(instance));
        var none = _services.Counts.Since(before) - some;
        Assert.Equal((1, 1), (some[StorageVerb.CommitRows], some[StorageVerb.ReadRow]));
        Assert.Equal((0, 1), (none[StorageVerb.CommitRows], none[StorageVerb.ReadRow]));
    }

    [Fact]
    public async Task Stream_GivesRecordsAsTheyCome_AndGoesOnBehindTheLastEventThatWasSeen()
    {
        var topic = await _services.One.CreateTopicAsync(partitions: 2);
        await _services.ProduceAsync(topic, 2);
        var instance = await _services.SubscribedAsync("g", topic);
        string seen;
        using (var stream = await EventStream.OpenAsync(_services.One, $"{instance}/records"))
        {
            Assert.Equal("0:0", EventStream.PlaceOf((await stream.RecordAsync())!));
            seen = stream.LastId!;
            Assert.Equal($"{topic}/0:0,{topic}/1:-1", seen);
            Assert.Equal("0:1", EventStream.PlaceOf((await stream.RecordAsync())!));
            await _services.ProduceAsync(topic, 1, partition: 1);
            Assert.Equal("1:0", EventStream.PlaceOf((await stream.RecordAsync())!));
        }

        using var again = await EventStream.OpenAsync(_services.Other, $"{instance}/records?timeout=100", seen);
        Assert.Equal(["0:1", "1:0"], (await again.AllAsync()).Select(record => record.Record).Order());
    }

    [Fact]
    public async Task Stream_OfLines_EndsWhenNothingHasComeForItsTimeout()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 2);
        var instance = await _services.AssignedAsync("g", topic, 0);
        using var answer = await _services.SendAsync(HttpMethod.Get, $"{instance}/records?timeout=50", accept: "application/x-ndjson");
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([0, 1], lines.Select(line => (int)JsonNode.Parse(line)!["offset"]!));
        Assert.Empty(await _services.PollAsync(instance));
    }

    [Theory]
    [InlineData(null, 409)]
    [InlineData("x", 400)]
    public async Task Stream_ThatCannotBegin_IsAnError(string? id, int status)
    {
        var instance = await _services.CreateAsync("g");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{instance}/records");
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        if (id is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", id);
        using var answer = await _services.One.Client.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Poll_WithHead_GivesNothingOut()
    {
        var topic = await _services.One.CreateTopicAsync();
        await _services.ProduceAsync(topic, 1);
        var instance = await _services.AssignedAsync("g", topic, 0);
        using var head = await _services.SendAsync(HttpMethod.Head, $"{instance}/records");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(["0:0"], await _services.PollAsync(instance));
    }
}
