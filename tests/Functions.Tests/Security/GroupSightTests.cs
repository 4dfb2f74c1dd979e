using System.Text.Json.Nodes;

namespace ManagedLog.Functions.Tests.Security;

/// <summary>Who may see a group is not told of topics in it that they may not see.</summary>
public sealed class GroupSightTests
{
    [Fact]
    public async Task Group_IsDescribedWithoutTheTopicsThatTheCallerMayNotSee()
    {
        await using var secure = await SecureService.StartAsync();
        var service = secure.Service;
        var (seen, hidden) = (await service.CreateTopicAsync(), await service.CreateTopicAsync(partitions: 2));
        var group = service.V3("/consumer-groups/g");
        var admin = "Bearer " + SecureService.AdminKey;
        foreach (var topic in new[] { seen, hidden })
            await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"partition":0}]}""");
        await service.ProduceAsync($"/topics/{hidden}", """{"records":[{"value":1,"partition":0}]}""");
        using var joined = await secure.SendAsync(admin, "POST", $"{group}/members", $$"""{"consumer_id":"a","topics":["{{seen}}","{{hidden}}"]}""");
        var epoch = JsonNode.Parse(await joined.Content.ReadAsStringAsync())!["member_epoch"]!;
        using var committed = await secure.SendAsync(admin, "POST", $"{group}/members/a/offsets", $$"""
            {"member_epoch":{{epoch}},"offsets":[{"topic_name":"{{seen}}","partition_id":0,"offset":0},{"topic_name":"{{hidden}}","partition_id":0,"offset":0}]}
            """);
        Assert.Equal(200, (int)committed.StatusCode);

        var one = "Bearer " + await secure.KeyAsync("consume:group:g", $"consume:topic:{seen}");
        var paths = new[] { "", "/consumers", "/consumers/a", "/consumers/a/assignments", "/lags", "/lag-summary", "/offsets" };
        foreach (var path in paths)
        {
            var (all, some) = (await TextAsync(secure, admin, group + path), await TextAsync(secure, one, group + path));
            Assert.DoesNotContain(hidden, some, StringComparison.Ordinal);
            if (all.Contains(hidden, StringComparison.Ordinal))
                Assert.Contains(seen, some, StringComparison.Ordinal);
        }

        Assert.Contains(hidden, await TextAsync(secure, admin, group + "/consumers/a/assignments"), StringComparison.Ordinal);
        foreach (var (path, who, status) in new[]
        {
            ($"/consumers/a/assignments/{hidden}/partitions/0", one, 404), ($"/consumers/a/assignments/{hidden}/partitions/0", admin, 200), ($"/consumers/a/assignments/{seen}/partitions/0", one, 200),
            ($"/lags/{hidden}/partitions/0", one, 404), ($"/lags/{hidden}/partitions/0", admin, 200), ($"/lags/{seen}/partitions/0", one, 200),
        })
        {
            using var answer = await secure.SendAsync(who, "GET", group + path);
            Assert.True(status == (int)answer.StatusCode, $"{path}: {(int)answer.StatusCode}");
        }
    }

    /// <summary>Where a reset would go tells where a log begins and ends, also one that the group has nothing to do with.</summary>
    [Fact]
    public async Task Offsets_OfTopicsThatTheCallerMayNotSee_AreNotMovedByName_NorAskedFor()
    {
        await using var secure = await SecureService.StartAsync();
        var service = secure.Service;
        var (seen, hidden) = (await service.CreateTopicAsync(), await service.CreateTopicAsync());
        foreach (var topic in new[] { seen, hidden })
            await service.ProduceAsync($"/topics/{topic}", """{"records":[{"value":1,"partition":0}]}""");
        var (one, group) = ("Bearer " + await secure.KeyAsync("manage:group:g", $"consume:topic:{seen}"), service.V3("/consumer-groups/g"));
        foreach (var (topic, status) in new[] { (seen, 200), (hidden, 403), ("none", 403), ("__audit", 403) })
        {
            foreach (var path in new[] { "/offsets:preview", "/offsets:reset" })
            {
                using var answer = await secure.SendAsync(one, "POST", group + path, $$"""{"to":"latest","partitions":[{"topic_name":"{{seen}}","partition_id":0},{"topic_name":"{{topic}}"}]}""");
                Assert.True(status == (int)answer.StatusCode, $"{path} of {topic}: {await answer.Content.ReadAsStringAsync()}");
            }
        }

        var committed = JsonNode.Parse(await TextAsync(secure, "Bearer " + SecureService.AdminKey, group + "/offsets"))!["data"]!.AsArray();
        Assert.Equal([seen], committed.Select(offset => (string)offset!["topic_name"]!).Distinct());
    }

    private static async Task<string> TextAsync(SecureService secure, string authorization, string path)
    {
        using var answer = await secure.SendAsync(authorization, "GET", path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == 200, $"{path}: {text}");
        return text;
    }
}
