using ManagedLog.Engine.Backend;
using ManagedLog.Functions.Hosting;
using Microsoft.Extensions.Configuration;

namespace ManagedLog.Functions.Tests.Hosting;

public sealed class ServiceOptionsTests
{
    [Theory]
    [InlineData("--ManagedLog:Storage", "azure", "ManagedLog:ConnectionString")]
    [InlineData("--ManagedLog:Storage", "disk", "disk")]
    [InlineData("--ManagedLog:Storage", "7", "ManagedLog:Storage")]
    [InlineData("--ManagedLog:Port", "65536", "ManagedLog:Port")]
    [InlineData("--ManagedLog:Port", "x", "x")]
    [InlineData("--ManagedLog:MaxProduceBytes", "0", "ManagedLog:MaxProduceBytes")]
    [InlineData("--ManagedLog:BlobServiceUri", "https://a.blob.core.windows.net", "ManagedLog:TableServiceUri")]
    [InlineData("--ManagedLog:HousekeepingInterval", "0", "ManagedLog:HousekeepingInterval")]
    [InlineData("--ManagedLog:HousekeepingInterval", "2.00:00:00", "ManagedLog:HousekeepingInterval")]
    [InlineData("--ManagedLog:MaxStreamTime", "00:00:00", "ManagedLog:MaxStreamTime")]
    [InlineData("--ManagedLog:MaxStreamTime", "41.00:00:00", "ManagedLog:MaxStreamTime")]
    [InlineData("--ManagedLog:Engine:HousekeepingLease", "00:00:14", "ManagedLog:Engine:HousekeepingLease")]
    [InlineData("--ManagedLog:Engine:HousekeepingLease", "00:01:01", "ManagedLog:Engine:HousekeepingLease")]
    [InlineData("--ManagedLog:Engine:PartitionIdleTimeout", "-00:00:01", "ManagedLog:Engine:PartitionIdleTimeout")]
    [InlineData("--ManagedLog:Storge", "memory", "Storge")]
    [InlineData("--ManagedLog:Limits:MaxWaiting", "0", "ManagedLog:Limits:MaxWaiting")]
    [InlineData("--ManagedLog:Limits:MaxBodyBytesPerCaller", "16777215", "ManagedLog:Limits:MaxBodyBytesPerCaller")]
    [InlineData("--ManagedLog:Limits:MaxHeaderBytes", "131073", "ManagedLog:Limits:MaxHeaderBytes")]
    [InlineData("--ManagedLog:Limits:MaxPartitionsPerTopic", "1001", "ManagedLog:Limits:MaxPartitionsPerTopic")]
    [InlineData("--ManagedLog:Limits:Grace", "00:00:01", "ManagedLog:Limits:Grace")]
    [InlineData("--ManagedLog:Limits:BytesInPerSecond", "-1", "ManagedLog:Limits:RequestsPerSecond, BytesInPerSecond")]
    [InlineData("--ManagedLog:Limits:MaxRequest", "1", "MaxRequest")]
    public void Build_WhenASettingIsNotGood_SaysWhich(string name, string value, string word)
    {
        string[] others = name is "--ManagedLog:Storage" or "--ManagedLog:BlobServiceUri" ? [] : ["--storage", "memory"];
        var thrown = Assert.Throws<StartException>(() => Service.Build([.. others, name, value], NoBackend));
        Assert.Contains(word, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_WithBothWaysToTheAccount_IsRefused()
    {
        var thrown = Assert.Throws<StartException>(() => Service.Build(
            ["--ManagedLog:ConnectionString", "UseDevelopmentStorage=true", "--ManagedLog:BlobServiceUri", "https://a.blob.core.windows.net"], NoBackend));
        Assert.Contains("not both", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_WhenItCannotStart_DoesNotEndWith0()
    {
        Assert.NotEqual(0, await Service.RunAsync([], NoBackend));
        Assert.NotEqual(0, await Service.RunAsync(["--storage", "memory"], _ => throw new InvalidOperationException("test")));
    }

    [Fact]
    public void ListenUrl_UnderTheFunctionsHost_IsTheHostsPortWhateverElseIsSet() => Assert.Equal(
        "http://127.0.0.1:4711",
        Url(new() { [FunctionsHost.PortVariable] = "4711", ["urls"] = "http://0.0.0.0:80", ["http_ports"] = "8080" }));

    [Theory]
    [InlineData("urls", "http://*:80")]
    [InlineData("http_ports", "8080")]
    public void ListenUrl_Alone_LeavesWhatIsConfigured(string name, string value) => Assert.Null(Url(new() { [name] = value }));

    [Theory]
    [InlineData(7071, "http://localhost:7071")]
    [InlineData(0, "http://127.0.0.1:0")]
    public void ListenUrl_WhenNothingIsConfigured_IsThePortOnLoopback(int port, string expected) => Assert.Equal(expected, Url([], port));

    [Theory]
    [InlineData("0")]
    [InlineData("x")]
    [InlineData("70000")]
    public void ListenUrl_WhenTheHostsPortIsNoPort_IsRefused(string port) => Assert.Throws<StartException>(() => Url(new() { [FunctionsHost.PortVariable] = port }));

    private static string? Url(Dictionary<string, string?> settings, int port = 7071) =>
        FunctionsHost.ListenUrl(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), new ServiceOptions { Port = port });

    private static InMemoryBackend NoBackend(ServiceOptions options) => throw new InvalidOperationException("The settings should have been refused.");
}
