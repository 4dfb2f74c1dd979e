using System.Net;
using System.Text.Json.Nodes;
using ManagedLog.Functions.Tests.Support;
using ManagedLog.Functions.Tests.V2.Consumers;

namespace ManagedLog.Functions.Tests.V3.Groups;

/// <summary>Groups over v3, each request on another service than the one before.</summary>
public sealed class GroupTests : IAsyncLifetime
{
    private const string Json = "application/json";

    private TwoServices _services = null!;
    private string _topic = "";

    private string Group => _services.One.V3("/consumer-groups/g");

    public async Task InitializeAsync()
    {
        _services = await TwoServices.StartAsync();
        _topic = await _services.One.CreateTopicAsync(partitions: 2);
    }

    public async Task DisposeAsync() => await _services.DisposeAsync();

    [Fact]
    public async Task Group_IsDescribedWithItsMembersAndWhatTheyHave()
    {
        var instance = await _services.SubscribedAsync("g", _topic, "\"client.id\":\"reader\"");
        await _services.PollAsync(instance);
        var name = instance.Split('/')[^1];

        var group = await _services.GetAsync(Group);
        Assert.Equal(("KafkaConsumerGroup", "g", false, "sticky", "STABLE"), (
            (string)group["kind"]!, (string)group["consumer_group_id"]!, (bool)group["is_simple"]!, (string)group["partition_assignor"]!, (string)group["state"]!));
        Assert.Equal(["g"], (await _services.GetAsync(_services.One.V3("/consumer-groups")))["data"]!.AsArray().Select(one => (string)one!["consumer_group_id"]!));
        var consumer = (await _services.GetAsync($"{Group}/consumers"))["data"]![0]!;
        Assert.Equal((name, "reader"), ((string)consumer["consumer_id"]!, (string)consumer["client_id"]!));
        Assert.Equal(name, (string)(await _services.GetAsync($"{Group}/consumers/{name}"))["consumer_id"]!);
        var assignments = (await _services.GetAsync(new Uri((string)consumer["assignments"]!["related"]!).PathAndQuery))["data"]!.AsArray();
        Assert.Equal([0, 1], assignments.Select(assignment => (int)assignment!["partition_id"]!));
        foreach (var assignment in assignments)
            Assert.Equal(_topic, (string)(await _services.GetAsync(new Uri((string)assignment!["metadata"]!["self"]!).PathAndQuery))["topic_name"]!);
    }

    [Fact]
    public async Task Lags_AreWhatIsCommittedAgainstTheEnds()
    {
        await _services.ProduceAsync(_topic, 5, partition: 0);
        await _services.ProduceAsync(_topic, 3, partition: 1);
        var instance = await _services.SubscribedAsync("g", _topic);
        await _services.PollAsync(instance);
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{Group}/lags", null, 404, 404, "committed no offset");
        await _services.ExpectErrorAsync(HttpMethod.Get, $"{Group}/lag-summary", null, 404, 404);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets", TwoServices.Offsets(_topic, (0, 0), (1, 1)));

        var lags = (await _services.GetAsync($"{Group}/lags"))["data"]!.AsArray();
        Assert.Equal([(0, 1, 5, 4), (1, 2, 3, 1)], lags.Select(lag => ((int)lag!["partition_id"]!, (int)lag["current_offset"]!, (int)lag["log_end_offset"]!, (int)lag["lag"]!)));
        Assert.Equal(instance.Split('/')[^1], (string)lags[0]!["consumer_id"]!);
        Assert.Equal(1, (int)(await _services.GetAsync($"{Group}/lags/{_topic}/partitions/1"))["lag"]!);
        var summary = await _services.GetAsync($"{Group}/lag-summary");
        Assert.Equal((0, 4, 5), ((int)summary["max_lag_partition_id"]!, (int)summary["max_lag"]!, (int)summary["total_lag"]!));
        await _services.DoneAsync(HttpMethod.Delete, instance);
        Assert.Equal("", (string)(await _services.GetAsync($"{Group}/lag-summary"))["max_lag_consumer_id"]!);
        var insight = (await _services.GetAsync(_services.One.V3($"/insight/topics/{_topic}")))["consumer_groups"]![0]!;
        Assert.Equal(("g", "EMPTY", 5, 4), ((string)insight["consumer_group_id"]!, (string)insight["state"]!, (int)insight["total_lag"]!, (int)insight["max_lag"]!));
    }

    [Fact]
    public async Task WhatIsNotThere_Is404()
    {
        foreach (var path in new[] { "", "/consumers", "/consumers/c", "/consumers/c/assignments", "/lags", "/lag-summary", $"/lags/{_topic}/partitions/0" })
            await _services.ExpectErrorAsync(HttpMethod.Get, Group + path, null, 404, 404);
        await _services.ExpectErrorAsync(HttpMethod.Delete, Group, null, 404, 404);
        await _services.PollAsync(await _services.SubscribedAsync("g", _topic));
        foreach (var path in new[] { "/consumers/c", "/consumers/c/assignments", $"/lags/{_topic}/partitions/x", $"/lags/{_topic}/partitions/7" })
            await _services.ExpectErrorAsync(HttpMethod.Get, Group + path, null, 404, 404);
        await _services.ExpectErrorAsync(HttpMethod.Get, "/v3/clusters/other/consumer-groups", null, 404, 404);
    }

    [Fact]
    public async Task Members_ThatFetchForThemselves_JoinBeatCommitAndLeave()
    {
        await _services.ProduceAsync(_topic, 4);
        var a = await PostAsync("/members", $$"""{"consumer_id":"a","topics":["{{_topic}}"]}""");
        Assert.Equal([0, 1], Partitions(a, "owned"));
        var b = await PostAsync("/members", $$"""{"consumer_id":"b","topic_pattern":"topic-.*","session_timeout_ms":6000}""");
        Assert.Equal((2_000 / 2, 1), ((int)b["heartbeat_interval_ms"]!, b["awaited"]!.AsArray().Count));
        a = await PostAsync("/members/a:heartbeat", $$"""{"member_epoch":{{a["member_epoch"]}}}""");
        var revoked = a["to_revoke"]![0]!;
        a = await PostAsync("/members/a:heartbeat", $$"""{"member_epoch":{{a["member_epoch"]}},"released":[{{revoked.ToJsonString()}}]}""");
        b = await PostAsync("/members/b:heartbeat", $$"""{"member_epoch":{{b["member_epoch"]}}}""");
        Assert.Equal([0, 1], Partitions(a, "owned").Concat(Partitions(b, "owned")).Order());

        var commit = await PostAsync("/members/b/offsets", $$"""{"member_epoch":{{b["member_epoch"]}},"sequence":1,"offsets":[{"topic_name":"{{_topic}}","partition_id":{{Partitions(b, "owned")[0]}},"offset":0}]}""");
        Assert.Equal((1, 0), ((int)commit["committed"]!, commit["failures"]!.AsArray().Count));
        commit = await PostAsync("/members/b/offsets", $$"""{"member_epoch":{{b["member_epoch"]}},"offsets":[{"topic_name":"{{_topic}}","partition_id":{{Partitions(a, "owned")[0]}},"offset":0},{"topic_name":"{{_topic}}","partition_id":{{Partitions(b, "owned")[0]}},"offset":99}]}""");
        Assert.Equal([40903, 41601], commit["failures"]!.AsArray().Select(failure => (int)failure!["error_code"]!));
        Assert.Equal([0], (await _services.GetAsync($"{Group}/offsets"))["data"]!.AsArray().Select(offset => (int)offset!["offset"]!));

        await ExpectAsync("/members/b:heartbeat", """{"member_epoch":1}""", 409, 40903);
        await ExpectAsync("/members/c:heartbeat", """{"member_epoch":1}""", 404, 40403);
        await ExpectAsync("/offsets", $$"""{"offsets":[{"topic_name":"{{_topic}}","partition_id":0,"offset":1}]}""", 409, 40903);
        await _services.ExpectErrorAsync(HttpMethod.Delete, Group, null, 409, 40903);
        await _services.DoneAsync(HttpMethod.Delete, $"{Group}/members/b?member_epoch={b["member_epoch"]}");
        await _services.DoneAsync(HttpMethod.Delete, $"{Group}/members/a");
        Assert.Equal("EMPTY", (string)(await _services.GetAsync(Group))["state"]!);
    }

    [Fact]
    public async Task Offsets_AreCommittedMovedForgottenAndDeletedWithTheGroup()
    {
        await _services.ProduceAsync(_topic, 5);
        Assert.Equal(1, (int)(await PostAsync("/offsets", $$"""{"offsets":[{"topic_name":"{{_topic}}","partition_id":0,"offset":3}]}"""))["committed"]!);
        Assert.Equal([(0, 3, 5)], Lines(await PostAsync("/offsets:preview", """{"to":"latest"}""")));
        Assert.Equal([(0, 3, 2)], Lines(await PostAsync("/offsets:reset", """{"shift":-1}""")));
        Assert.Equal([(0, 2, 0)], Lines(await PostAsync("/offsets:reset", $$"""{"to":"earliest","partitions":[{"topic_name":"{{_topic}}","partition_id":0}]}""")));
        Assert.Equal([(0, 0, 5)], Lines(await PostAsync("/offsets:reset", """{"timestamp":"2999-01-01T00:00:00Z"}""")));
        Assert.Equal([(0, 5, 4)], Lines(await PostAsync("/offsets:reset", """{"offset":4}""")));
        Assert.Equal(["0:4"], await _services.PollAsync(await _services.AssignedAsync("g", _topic, 0)));
        using var forgotten = await _services.SendAsync(HttpMethod.Post, $"{Group}/offsets:delete", $$"""{"partitions":[{"topic_name":"{{_topic}}"}]}""", type: Json);
        Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);
        Assert.Empty((await _services.GetAsync($"{Group}/offsets"))["data"]!.AsArray());
        await _services.DoneAsync(HttpMethod.Delete, Group);
        await _services.ExpectErrorAsync(HttpMethod.Get, Group, null, 404, 404);
    }

    [Fact]
    public async Task Reset_OfAGroupWithMembers_IsRefused_UnlessItIsForced()
    {
        await _services.ProduceAsync(_topic, 2);
        var instance = await _services.SubscribedAsync("g", _topic);
        await _services.PollAsync(instance);
        await _services.DoneAsync(HttpMethod.Post, $"{instance}/offsets");
        await ExpectAsync("/offsets:reset", """{"to":"earliest"}""", 409, 40903);
        Assert.Contains((0, 2, 0), Lines(await PostAsync("/offsets:reset", """{"to":"earliest","force":true}""")));
    }

    [Theory]
    [InlineData("/members", """{"topics":["t"],"topic_pattern":"t"}""", 400, 40002)]
    [InlineData("/members", "{}", 400, 40002)]
    [InlineData("/members", """{"topics":["a b"]}""", 400, 40002)]
    [InlineData("/members", """{"topics":["t"],"surprise":1}""", 422, 422)]
    [InlineData("/members", """{"topics":["t"],"session_timeout_ms":1}""", 400, 40002)]
    [InlineData("/members", """{"topics":["t"],"partition_assignor":"mine"}""", 400, 40002)]
    [InlineData("/members", """{"topic_pattern":"("}""", 400, 40002)]
    [InlineData("/members", """{"topics":["t"],"consumer_id":"a/b"}""", 400, 40002)]
    [InlineData("/members/m:heartbeat", "{}", 400, 40002)]
    [InlineData("/members/m:heartbeat", """{"member_epoch":1,"released":[{"partition_id":0}]}""", 400, 40002)]
    [InlineData("/members/m/offsets", """{"offsets":[{"topic_name":"t","partition_id":0,"offset":1}]}""", 400, 40002)]
    [InlineData("/offsets", """{"offsets":[]}""", 422, 422)]
    [InlineData("/offsets", """{"offsets":[{"topic_name":"t","partition_id":0}]}""", 400, 40002)]
    [InlineData("/offsets", """{"offsets":[{"topic_name":"t","partition_id":0,"offset":1},{"topic_name":"t","partition_id":0,"offset":1}]}""", 400, 40002)]
    [InlineData("/offsets", """{"member_epoch":1,"offsets":[{"topic_name":"t","partition_id":0,"offset":1}]}""", 400, 40002)]
    [InlineData("/offsets:reset", "{}", 400, 40002)]
    [InlineData("/offsets:reset", """{"to":"middle"}""", 400, 40002)]
    [InlineData("/offsets:reset", """{"to":"latest","offset":1}""", 400, 40002)]
    [InlineData("/offsets:delete", """{"partitions":[{"partition_id":0}]}""", 400, 40002)]
    public async Task Calls_WhenTheFormIsWrong_AreRefused(string path, string body, int status, int code) => await ExpectAsync(path, body, status, code);

    private async Task<JsonNode> PostAsync(string path, string body)
    {
        using var answer = await _services.SendAsync(HttpMethod.Post, Group + path, body, type: Json);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    private async Task ExpectAsync(string path, string body, int status, int code)
    {
        using var answer = await _services.SendAsync(HttpMethod.Post, Group + path, body, type: Json);
        await TestService.ExpectErrorAsync(answer, status, code);
    }

    private static List<int> Partitions(JsonNode member, string list) => [.. member[list]!.AsArray().Select(partition => (int)partition!["partition_id"]!)];

    private static List<(int Partition, int From, int To)> Lines(JsonNode reset) =>
        [.. reset["data"]!.AsArray().Select(line => ((int)line!["partition_id"]!, (int?)line["current_offset"] ?? -1, (int)line["new_offset"]!))];
}
