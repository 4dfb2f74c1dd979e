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
using ManagedLog.Functions.Security;

namespace ManagedLog.Functions.Hosting;

/// <summary>
/// Every path of the service on one screen, and what each asks of its caller. Each first segment has a folder with a function.json, by which the Functions host lets it through.
/// </summary>
internal static class Routes
{
    private const string InsightPath = "/clusters/{cluster}/insight";

    public static void Map(WebApplication app)
    {
        MapV2(app);
        GroupRoutes.MapConsumers(app);
        MapV3(app, app.MapGroup(ApiPaths.V3));
        MapV3(app, app.MapGroup(ApiPaths.KafkaV3));
        MapInsight(app, app.MapGroup(ApiPaths.V3 + InsightPath));
        MapInsight(app, app.MapGroup(ApiPaths.KafkaV3 + InsightPath));
        MapHealth(app);
        if (FunctionsHost.IsPresent(app.Configuration))
            app.MapPost("/" + HousekeepingTimer.FunctionName, app.Services.GetRequiredService<HousekeepingTimer>().TickAsync).Needs(Access.Open);
    }

    private static void MapV2(WebApplication app)
    {
        var metadata = app.Services.GetRequiredService<MetadataEndpoints>();
        var produce = app.Services.GetRequiredService<ProduceEndpoint>();
        var raw = app.Services.GetRequiredService<RawProduceEndpoint>();
        var fetch = app.Services.GetRequiredService<FetchEndpoint>();
        app.MapGet("/", MetadataEndpoints.RootAsync).WithMetadata(NeedsNoEngine.Mark).Needs(Access.Open);
        app.MapGet("/brokers", MetadataEndpoints.BrokersAsync).Needs(Access.Known);
        app.MapGet("/topics", metadata.TopicsAsync).Needs(Access.Known);
        app.MapGet("/topics/{topic}", metadata.TopicAsync).Needs(Access.Topic(Permission.Describe));
        app.MapPost("/topics/{topic}", produce.ToTopicAsync).Needs(Access.Topic(Permission.Produce));
        app.MapGet("/topics/{topic}/partitions", metadata.PartitionsAsync).Needs(Access.Topic(Permission.Describe));
        app.MapGet("/topics/{topic}/partitions/{partition}", metadata.PartitionAsync).Needs(Access.Topic(Permission.Describe));
        app.MapPost("/topics/{topic}/partitions/{partition}", context => RawProduceEndpoint.IsRaw(context.Request) ? raw.HandleAsync(context) : produce.ToPartitionAsync(context))
            .Needs(Access.Topic(Permission.Produce));
        app.MapGet("/topics/{topic}/partitions/{partition}/offsets", metadata.OffsetsAsync).Needs(Access.Topic(Permission.Describe));
        app.MapGet("/topics/{topic}/partitions/{partition}/records", fetch.HandleAsync).Needs(Access.Topic(Permission.Consume));
        app.MapGet("/topics/{topic}/records", app.Services.GetRequiredService<TopicRecordsEndpoint>().HandleAsync).Needs(Access.Topic(Permission.Consume));
    }

    private static void MapV3(WebApplication app, RouteGroupBuilder v3)
    {
        var clusters = app.Services.GetRequiredService<ClusterEndpoints>();
        var topics = app.Services.GetRequiredService<TopicEndpoints>();
        var configs = app.Services.GetRequiredService<ConfigEndpoints>();
        var partitions = app.Services.GetRequiredService<PartitionEndpoints>();
        var records = app.Services.GetRequiredService<RecordsEndpoint>();
        v3.MapGet("/clusters", clusters.ListAsync).Needs(Access.Known);
        v3.MapGet("/clusters/{cluster}", clusters.GetAsync).Needs(Access.Known);
        MapBrokers(v3, app.Services.GetRequiredService<BrokerEndpoints>(), app.Services.GetRequiredService<BrokerConfigEndpoints>());
        GroupRoutes.MapGroups(app, v3);
        v3.MapMethods("/clusters/{cluster}/acls", ["GET", "POST", "DELETE"], clusters.AclsAsync).Needs(Access.Cluster);
        v3.MapPost("/clusters/{cluster}/acls:batch", clusters.AclsAsync).Needs(Access.Cluster);
        var keys = app.Services.GetRequiredService<ApiKeyEndpoints>();
        v3.MapGet("/clusters/{cluster}/api-keys", keys.ListAsync).Needs(Access.Cluster);
        v3.MapPost("/clusters/{cluster}/api-keys", keys.CreateAsync).Needs(Access.Cluster);
        v3.MapDelete("/clusters/{cluster}/api-keys/{prefix}", keys.RevokeAsync).Needs(Access.Cluster);
        v3.MapGet("/clusters/{cluster}/audit", app.Services.GetRequiredService<AuditEndpoint>().ListAsync).Needs(Access.Cluster);
        v3.MapPost("/clusters/{cluster}/producers", app.Services.GetRequiredService<ProducerEndpoint>().CreateAsync).Needs(Access.AnyTopic(Permission.Produce));
        v3.MapPost("/clusters/{cluster}/records:fetch", app.Services.GetRequiredService<RecordsFetchEndpoint>().HandleAsync).Needs(Access.InBody(Permission.Consume));
        v3.MapGet("/clusters/{cluster}/topics", topics.ListAsync).Needs(Access.Known);
        v3.MapPost("/clusters/{cluster}/topics", topics.CreateAsync).Needs(Access.InBody(Permission.Manage));
        v3.MapGet("/clusters/{cluster}/topics/{topic}", topics.GetAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapPatch("/clusters/{cluster}/topics/{topic}", topics.GrowAsync).Needs(Access.Topic(Permission.Manage));
        v3.MapDelete("/clusters/{cluster}/topics/{topic}", topics.DeleteAsync).Needs(Access.Topic(Permission.Manage));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/configs", configs.ListAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapGet("/clusters/{cluster}/topics/-/configs", configs.ListOfAllAsync).Needs(Access.Known);
        v3.MapPost("/clusters/{cluster}/topics/-/configs:alter", app.Services.GetRequiredService<ConfigBatchEndpoint>().AlterAsync)
            .Needs(Access.InBody(Permission.Manage));
        v3.MapPost("/clusters/{cluster}/topics/{topic}/configs:alter", configs.AlterAsync).Needs(Access.Topic(Permission.Manage));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/configs/{name}", configs.GetAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapPut("/clusters/{cluster}/topics/{topic}/configs/{name}", configs.SetAsync).Needs(Access.Topic(Permission.Manage));
        v3.MapDelete("/clusters/{cluster}/topics/{topic}/configs/{name}", configs.ResetAsync).Needs(Access.Topic(Permission.Manage));
        v3.MapPost("/clusters/{cluster}/topics/{topic}/records", records.ProduceAsync).Needs(Access.Topic(Permission.Produce));
        v3.MapPost("/clusters/{cluster}/topics/{topic}/records:batch", app.Services.GetRequiredService<RecordsBatchEndpoint>().ProduceAsync)
            .Needs(Access.Topic(Permission.Produce));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/records", app.Services.GetRequiredService<TopicRecordsEndpoint>().HandleAsync)
            .Needs(Access.Topic(Permission.Consume));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions", partitions.ListAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/records", app.Services.GetRequiredService<FetchEndpoint>().HandleAsync)
            .Needs(Access.Topic(Permission.Consume));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}", partitions.GetAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/offset", partitions.OffsetsAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapPost("/clusters/{cluster}/topics/{topic}/partitions/{partition}/records:delete", partitions.DeleteRecordsAsync).Needs(Access.Topic(Permission.Manage));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/replicas", partitions.ReplicasAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/replicas/{broker}", partitions.ReplicaAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapGet("/clusters/{cluster}/topics/-/partitions/-/reassignment", partitions.ReassignmentsOfAllAsync).Needs(Access.Known);
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/-/reassignment", partitions.ReassignmentsAsync).Needs(Access.Topic(Permission.Describe));
        v3.MapGet("/clusters/{cluster}/topics/{topic}/partitions/{partition}/reassignment", partitions.ReassignmentAsync).Needs(Access.Topic(Permission.Describe));
    }

    private static void MapBrokers(RouteGroupBuilder v3, BrokerEndpoints brokers, BrokerConfigEndpoints configs)
    {
        v3.MapGet("/clusters/{cluster}/brokers", brokers.ListAsync).Needs(Access.Known);
        v3.MapGet("/clusters/{cluster}/brokers/-/configs", configs.ListOfAllAsync).Needs(Access.Known);
        v3.MapGet("/clusters/{cluster}/brokers/{broker}", brokers.GetAsync).Needs(Access.Known);
        v3.MapGet("/clusters/{cluster}/brokers/{broker}/configs", configs.ListAsync).Needs(Access.Known);
        v3.MapPost("/clusters/{cluster}/brokers/{broker}/configs:alter", configs.AlterAsync).Needs(Access.Cluster);
        v3.MapGet("/clusters/{cluster}/brokers/{broker}/configs/{broker_config}", configs.GetAsync).Needs(Access.Known);
        v3.MapPut("/clusters/{cluster}/brokers/{broker}/configs/{broker_config}", configs.SetAsync).Needs(Access.Cluster);
        v3.MapDelete("/clusters/{cluster}/brokers/{broker}/configs/{broker_config}", configs.ResetAsync).Needs(Access.Cluster);
        v3.MapGet("/clusters/{cluster}/brokers/{broker}/partition-replicas", brokers.ReplicasAsync).Needs(Access.Known);
        v3.MapGet("/clusters/{cluster}/broker-configs", configs.ListOfClusterAsync).Needs(Access.Known);
        v3.MapPost("/clusters/{cluster}/broker-configs:alter", configs.AlterAsync).Needs(Access.Cluster);
        v3.MapGet("/clusters/{cluster}/broker-configs/{broker_config}", configs.GetOfClusterAsync).Needs(Access.Known);
        v3.MapPut("/clusters/{cluster}/broker-configs/{broker_config}", configs.SetAsync).Needs(Access.Cluster);
        v3.MapDelete("/clusters/{cluster}/broker-configs/{broker_config}", configs.ResetAsync).Needs(Access.Cluster);
    }

    private static void MapInsight(WebApplication app, RouteGroupBuilder insight)
    {
        var summaries = app.Services.GetRequiredService<InsightEndpoints>();
        insight.MapGet("/topics", summaries.TopicsAsync).Needs(Access.Known);
        insight.MapGet("/topics/{topic}", summaries.TopicAsync).Needs(Access.Topic(Permission.Describe));
        insight.MapGet("/topics/{topic}/partitions", summaries.PartitionsAsync).Needs(Access.Topic(Permission.Describe));
        insight.MapGet("/topics/{topic}/partitions/{partition}", summaries.PartitionAsync).Needs(Access.Topic(Permission.Describe));
        insight.MapGet("/topics/{topic}/partitions/{partition}/segments", summaries.SegmentsAsync).Needs(Access.Topic(Permission.Describe));
        var history = app.Services.GetRequiredService<HistoryEndpoint>();
        insight.MapGet("/topics/{topic}/history", history.OfTopicAsync).Needs(Access.Topic(Permission.Describe));
        insight.MapGet("/history", history.OfAllAsync).Needs(Access.Cluster);
        insight.MapGet("/health", app.Services.GetRequiredService<ClusterHealthEndpoint>().GetAsync).Needs(Access.Cluster);
        insight.MapPost("/topics/{topic}/search", app.Services.GetRequiredService<SearchEndpoint>().SearchAsync).Needs(Access.Topic(Permission.Consume));
    }

    private static void MapHealth(WebApplication app)
    {
        var health = app.Services.GetRequiredService<HealthEndpoints>();
        app.MapGet("/health", health.ReadyAsync).WithMetadata(NeedsNoEngine.Mark).Needs(Access.Open);
        app.MapGet("/health/ready", health.ReadyAsync).WithMetadata(NeedsNoEngine.Mark).Needs(Access.Open);
        app.MapGet("/health/live", HealthEndpoints.LiveAsync).WithMetadata(NeedsNoEngine.Mark).Needs(Access.Open);
        var description = app.Services.GetRequiredService<OpenApiEndpoints>();
        app.MapGet("/openapi", description.PageAsync).WithMetadata(NeedsNoEngine.Mark).Needs(Access.Known);
        app.MapGet("/openapi/v1.json", description.DocumentAsync).WithMetadata(NeedsNoEngine.Mark).Needs(Access.Known);
        app.MapGet("/metrics", app.Services.GetRequiredService<MetricsEndpoint>().HandleAsync).WithMetadata(NeedsNoEngine.Mark).Needs(Access.Cluster);
    }
}
