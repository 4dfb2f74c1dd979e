using System.Text.Json.Nodes;
using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Tests.Support;

namespace ManagedLog.Functions.Tests.V3;

public sealed class PagingTests
{
    private readonly TestService _service = new(new InMemoryBackend(TimeProvider.System), "--ManagedLog:Security:Audit", "Off");

    [Theory]
    [InlineData("/topics?page_size=2", "topic_name")]
    [InlineData("/topics/-/configs?page_size=2", "name")]
    [InlineData("/brokers/0/partition-replicas?page_size=2", "partition_id")]
    [InlineData("/topics/topic-3/partitions?page_size=2", "partition_id")]
    public async Task List_PageByPage_IsTheWholeList(string path, string member)
    {
        await StartAsync();
        var whole = await _service.GetAsync(_service.V3(path[..path.IndexOf('?', StringComparison.Ordinal)]));
        Assert.Null(whole["metadata"]!["next"]);
        Assert.NotEmpty(whole["data"]!.AsArray());
        Assert.All(whole["data"]!.AsArray(), item => Assert.NotNull(item![member]));

        var items = new List<string>();
        var pages = 0;
        for (string? next = _service.V3(path); next is not null; pages++)
        {
            var page = await _service.GetAsync(new Uri(_service.Address, next).PathAndQuery);
            items.AddRange(page["data"]!.AsArray().Select(item => item!.ToJsonString()));
            next = (string?)page["metadata"]!["next"];
        }

        Assert.Equal(whole["data"]!.AsArray().Select(item => item!.ToJsonString()), items);
        Assert.Equal(3, pages);
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task List_OfTopics_KeepsWhatElseWasAskedForFromPageToPage()
    {
        await StartAsync();
        var first = await _service.GetAsync(_service.V3("/topics?page_size=4&include_authorized_operations=true"));
        var second = await _service.GetAsync(new Uri((string)first["metadata"]!["next"]!).PathAndQuery);
        Assert.NotEmpty(Assert.Single(second["data"]!.AsArray())!["authorized_operations"]!.AsArray());
        await _service.DisposeAsync();
    }

    [Theory]
    [InlineData("/topics?page_size=0", "page_size")]
    [InlineData("/topics?page_size=x", "page_size")]
    [InlineData("/topics/topic-3/partitions?page_token=*", "page_token")]
    public async Task List_WhenThePageIsNotOne_IsRefused(string path, string word)
    {
        await StartAsync();
        await _service.ExpectErrorAsync(HttpMethod.Get, _service.V3(path), "", null, 400, 40002, word);
        await _service.DisposeAsync();
    }

    private async Task StartAsync()
    {
        await _service.InitializeAsync();
        foreach (var partitions in new[] { 1, 2, 5, 1, 1 })
            await _service.CreateTopicAsync(partitions);
        Assert.IsType<JsonObject>(await _service.GetAsync(_service.V3("/topics")));
    }
}
