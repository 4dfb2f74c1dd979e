using ManagedLog.Functions.Api;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Insight;
using ManagedLog.Functions.Api.Metrics;
using ManagedLog.Functions.Api.OpenApi;
using ManagedLog.Functions.Api.Raw;
using ManagedLog.Functions.Api.V2;
using ManagedLog.Functions.Api.V3;
using ManagedLog.Functions.Maintenance;

namespace ManagedLog.Functions.Hosting;

/// <summary>Every path of the service on one screen. Each first segment has a folder with a function.json, by which the Functions host lets it through.</summary>
internal static class Routes
{
    private const string InsightPath = "/clusters/{cluster}/insight";

    public static void Map(WebApplication app)
    {
        MapV2(app);
        MapV3(app, app.MapGroup(ApiPaths.V3));
        MapV3(app, app.MapGroup(ApiPaths.KafkaV3));
        MapInsight(app, app.MapGroup(ApiPaths.V3 + InsightPath));
        MapInsight(app, app.MapGroup(ApiPaths.KafkaV3 + InsightPath));
        MapHealth(app);
        if (FunctionsHost.IsPresent(app.Configuration))
            app.MapPost("/" + HousekeepingTimer.FunctionName, app.Services.GetRequiredService<HousekeepingTimer>().TickAsync);
    }

    private static void MapV2(WebApplication app)
    {
        var metadata = app.Services.GetRequiredService<MetadataEndpoints>();
        var produce = app.Services.GetRequiredService<ProduceEndpoint>();
        var raw = app.Services.GetRequiredService<RawProduceEndpoint>();
        var fetch = app.Services.GetRequiredService<FetchEndpoint>();
        app.MapGet("/", MetadataEndpoints.RootAsync).WithMetadata(NeedsNoEngine.Mark);
        app.MapGet("/brokers", MetadataEndpoints.BrokersAsync);
        app.MapGet("/topics", metadata.TopicsAsync);
        app.MapGet("/topics/{topic}", metadata.TopicAsync);
        app.MapPost("/topics/{topic}", produce.ToTopicAsync);
        app.MapGet("/topics/{topic}/partitions", metadata.PartitionsAsync);
        app.MapGet("/topics/{topic}/partitions/{partition}", metadata.PartitionAsync);
        app.MapPost("/topics/{topic}/partitions/{partition}", context => RawProduceEndpoint.IsRaw(context.Request) ? raw.HandleAsync(context) : produce.ToPartitionAsync(context));
        app.MapGet("/topics/{topic}/partitions/{partition}/offsets", metadata.OffsetsAsync);
        app.MapGet("/topics/{topic}/partitions/{partition}/records", fetch.HandleAsync);
        app.MapGet("/topics/{topic}/records", app.Services.GetRequiredService<TopicRecordsEndpoint>().HandleAsync);
    }

    private static void MapV3(WebApplication app, RouteGroupBuilder v3)
    {
        var clusters = app.Services.GetRequiredService<ClusterEndpoints>();
        var topics = app.Services.GetRequiredService<TopicEndpoints>();
        var configs = app.Services.GetRequiredService<ConfigEndpoints>();
        var partitions = app.Services.GetRequiredService<PartitionEndpoints>();
        var records = app.Services.GetRequiredService<RecordsEndpoint>();
        v3.MapGet("/clusters", clusters.ListAsync);
        v3.MapGet("/clusters/{cluster}", clusters.GetAsync);
        MapBrokers(v3, app.Services.GetRequiredService<BrokerEndpoints>(), app.Services.GetRequiredService<BrokerConfigEndpoints>());
        v3.MapMethods("/clusters/{cluster}/acls", ["GET", "POST", "DELETE"], clusters.AclsAsync);
        v3.MapPost("/clusters/{cluster}/acls:batch", clusters.AclsAsync);
        v3.MapPost("/clusters/{cluster}/producers", app.Services.GetRequiredService<ProducerEndpoint>().CreateAsync);
        v3.MapPost("/clusters/{cluster}/records:fetch", app.Services.GetRequiredService<RecordsFetchEndpoint>().HandleAsync);
        v3.MapGet("/clusters/{cluster}/topics", topics.ListAsync);
        v3.MapPost("/clusters/{cluster}/topics", topics.CreateAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}", topics.GetAsync);
        v3.MapPatch("/clusters/{cluster}/topics/{topic}", topics.GrowAsync);
        v3.MapDelete("/clusters/{cluster}/topics/{topic}", topics.DeleteAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/configs", configs.ListAsync);
        v3.MapGet("/clusters/{cluster}/topics/-/configs", configs.ListOfAllAsync);
        v3.MapPost("/clusters/{cluster}/topics/-/configs:alter", app.Services.GetRequiredService<ConfigBatchEndpoint>().AlterAsync);
        v3.MapPost("/clusters/{cluster}/topics/{topic}/configs:alter", configs.AlterAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/configs/{name}", configs.GetAsync);
        v3.MapPut("/clusters/{cluster}/topics/{topic}/configs/{name}", configs.SetAsync);
        v3.MapDelete("/clusters/{cluster}/topics/{topic}/configs/{name}", configs.ResetAsync);
        v3.MapPost("/clusters/{cluster}/topics/{topic}/records", records.ProduceAsync);
        v3.MapPost("/clusters/{cluster}/topics/{topic}/records:batch", app.Services.GetRequiredService<RecordsBatchEndpoint>().ProduceAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/records", app.Services.GetRequiredService<TopicRecordsEndpoint>().HandleAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions", partitions.ListAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/records", app.Services.GetRequiredService<FetchEndpoint>().HandleAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}", partitions.GetAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/offset", partitions.OffsetsAsync);
        v3.MapPost("/clusters/{cluster}/topics/{topic}/partitions/{partition}/records:delete", partitions.DeleteRecordsAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/replicas", partitions.ReplicasAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/replicas/{broker}", partitions.ReplicaAsync);
        v3.MapGet("/clusters/{cluster}/topics/-/partitions/-/reassignment", partitions.ReassignmentsOfAllAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/-/reassignment", partitions.ReassignmentsAsync);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/reassignment", partitions.ReassignmentAsync);
    }

    private static void MapBrokers(RouteGroupBuilder v3, BrokerEndpoints brokers, BrokerConfigEndpoints configs)
    {
        v3.MapGet("/clusters/{cluster}/brokers", brokers.ListAsync);
        v3.MapGet("/clusters/{cluster}/brokers/-/configs", configs.ListOfAllAsync);
        v3.MapGet("/clusters/{cluster}/brokers/{broker}", brokers.GetAsync);
        v3.MapGet("/clusters/{cluster}/brokers/{broker}/configs", configs.ListAsync);
        v3.MapPost("/clusters/{cluster}/brokers/{broker}/configs:alter", configs.AlterAsync);
        v3.MapGet("/clusters/{cluster}/brokers/{broker}/configs/{broker_config}", configs.GetAsync);
        v3.MapPut("/clusters/{cluster}/brokers/{broker}/configs/{broker_config}", configs.SetAsync);
        v3.MapDelete("/clusters/{cluster}/brokers/{broker}/configs/{broker_config}", configs.ResetAsync);
        v3.MapGet("/clusters/{cluster}/brokers/{broker}/partition-replicas", brokers.ReplicasAsync);
        v3.MapGet("/clusters/{cluster}/broker-configs", configs.ListOfClusterAsync);
        v3.MapPost("/clusters/{cluster}/broker-configs:alter", configs.AlterAsync);
        v3.MapGet("/clusters/{cluster}/broker-configs/{broker_config}", configs.GetOfClusterAsync);
        v3.MapPut("/clusters/{cluster}/broker-configs/{broker_config}", configs.SetAsync);
        v3.MapDelete("/clusters/{cluster}/broker-configs/{broker_config}", configs.ResetAsync);
    }

    private static void MapInsight(WebApplication app, RouteGroupBuilder insight)
    {
        var summaries = app.Services.GetRequiredService<InsightEndpoints>();
        insight.MapGet("/topics", summaries.TopicsAsync);
        insight.MapGet("/topics/{topic}", summaries.TopicAsync);
        insight.MapGet("/topics/{topic}/partitions", summaries.PartitionsAsync);
        insight.MapGet("/topics/{topic}/partitions/{partition}", summaries.PartitionAsync);
        insight.MapGet("/topics/{topic}/partitions/{partition}/segments", summaries.SegmentsAsync);
        var history = app.Services.GetRequiredService<HistoryEndpoint>();
        insight.MapGet("/topics/{topic}/history", history.OfTopicAsync);
        insight.MapGet("/history", history.OfAllAsync);
        insight.MapGet("/health", app.Services.GetRequiredService<ClusterHealthEndpoint>().GetAsync);
        insight.MapPost("/topics/{topic}/search", app.Services.GetRequiredService<SearchEndpoint>().SearchAsync);
    }

    private static void MapHealth(WebApplication app)
    {
        var health = app.Services.GetRequiredService<HealthEndpoints>();
        app.MapGet("/health", health.ReadyAsync).WithMetadata(NeedsNoEngine.Mark);
        app.MapGet("/health/ready", health.ReadyAsync).WithMetadata(NeedsNoEngine.Mark);
        app.MapGet("/health/live", HealthEndpoints.LiveAsync).WithMetadata(NeedsNoEngine.Mark);
        var description = app.Services.GetRequiredService<OpenApiEndpoints>();
        app.MapGet("/openapi", description.PageAsync).WithMetadata(NeedsNoEngine.Mark);
        app.MapGet("/openapi/v1.json", description.DocumentAsync).WithMetadata(NeedsNoEngine.Mark);
        app.MapGet("/metrics", app.Services.GetRequiredService<MetricsEndpoint>().HandleAsync).WithMetadata(NeedsNoEngine.Mark);
    }
}
