using ManagedLog.Functions.Api.Http;
using static ManagedLog.Functions.Api.OpenApi.Parameter;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>v3: clusters, brokers, topics and their partitions.</summary>
internal static class AdministrationOperations
{
    private const string Cluster = "/v3/clusters/{cluster}";
    private const string Topic = Cluster + "/topics/{topic}";
    private const string Partition = Topic + "/partitions/{partition}";
    private const string ClustersTag = "Clusters and brokers";
    private const string TopicsTag = "Topics";
    private const string PartitionsTag = "Partitions";
    private const string OneBroker = "There is one broker, so this sets the default of all topics.";
    private const string NoAcls = "There are no ACLs; scopes of API keys and roles of tokens say what a caller may do. Always refused.";

    private static readonly Parameter WithOperations = Query("include_authorized_operations", "boolean", "Whether to list what may be done to the topic.");

    public static IEnumerable<Operation> Clusters =>
    [
        Get("listKafkaClusters", "/v3/clusters", ClustersTag, "List the one cluster", "KafkaClusterList"),
        Get("getKafkaCluster", Cluster, ClustersTag, "Describe the cluster", "KafkaCluster", 404),
        Get("listKafkaBrokers", Cluster + "/brokers", ClustersTag, "List the brokers: the storage accounts", "KafkaBrokerList", 404),
        Get("getKafkaBroker", Cluster + "/brokers/{broker}", ClustersTag, "Describe a broker", "KafkaBroker", 404),
        Get("listKafkaAllBrokerConfigs", Cluster + "/brokers/-/configs", ClustersTag, "The configs of all brokers", "KafkaBrokerConfigList", 404),
        Get("listKafkaBrokerConfigs", Cluster + "/brokers/{broker}/configs", ClustersTag, "The configs of a broker: the defaults of topics", "KafkaBrokerConfigList", 404),
        Get("getKafkaBrokerConfig", Cluster + "/brokers/{broker}/configs/{broker_config}", ClustersTag, "One config of a broker", "KafkaBrokerConfig", 404),
        SetConfig("updateKafkaBrokerConfig", Cluster + "/brokers/{broker}/configs/{broker_config}", "Set a config of a broker", OneBroker),
        ResetConfig("resetKafkaBrokerConfig", Cluster + "/brokers/{broker}/configs/{broker_config}", "Take back a config of a broker"),
        AlterConfigs("updateKafkaBrokerConfigBatch", Cluster + "/brokers/{broker}/configs:alter", "Change several configs of a broker, all or none", OneBroker),
        Get("listKafkaClusterConfigs", Cluster + "/broker-configs", ClustersTag, "What was set for all topics", "KafkaClusterConfigList", 404),
        Get("getKafkaClusterConfig", Cluster + "/broker-configs/{broker_config}", ClustersTag, "One config that was set for all topics", "KafkaClusterConfig", 404),
        SetConfig("updateKafkaClusterConfig", Cluster + "/broker-configs/{broker_config}", "Set a default of all topics", "Topics that set it themselves keep their own."),
        ResetConfig("deleteKafkaClusterConfig", Cluster + "/broker-configs/{broker_config}", "Take back a default of all topics"),
        AlterConfigs("updateKafkaClusterConfigs", Cluster + "/broker-configs:alter", "Change several defaults of all topics, all or none", "Topics that set them themselves keep their own."),
        Refused("getKafkaAcls", "GET", Cluster + "/acls", "List ACLs", NoAcls),
        Refused("createKafkaAcls", "POST", Cluster + "/acls", "Create an ACL", NoAcls),
        Refused("deleteKafkaAcls", "DELETE", Cluster + "/acls", "Delete ACLs", NoAcls),
        Refused("batchCreateKafkaAcls", "POST", Cluster + "/acls:batch", "Create ACLs", NoAcls),
    ];

    public static IEnumerable<Operation> Topics =>
    [
        new("createKafkaTopic", "POST", Cluster + "/topics", TopicsTag, "Create a topic")
        {
            Description = "With validate_only the answer is 200 and nothing is created.",
            Bodies = [new(MediaTypes.Json, "CreateTopic", """{"topic_name": "readings", "partitions_count": 3, "configs": [{"name": "retention.ms", "value": "86400000"}]}""")],
            Answers = [new(201, "It is created; Location is its address.", MediaTypes.Json, "KafkaTopic"), new(200, "It could be created.", MediaTypes.Json, "KafkaTopic")],
            Errors = [400, 404, 415, 422],
        },
        Get("listKafkaTopics", Cluster + "/topics", TopicsTag, "List the topics", "KafkaTopicList", 400, 404) with { Parameters = [WithOperations, .. Operations.Paging] },
        Get("getKafkaTopic", Topic, TopicsTag, "Describe a topic", "KafkaTopic", 404) with { Parameters = [WithOperations] },
        new("updatePartitionCountKafkaTopic", "PATCH", Topic, TopicsTag, "Add partitions to a topic")
        {
            Bodies = [new(MediaTypes.Json, "GrowTopic", """{"partitions_count": 4}""")],
            Answers = [new(200, "The topic as it is now.", MediaTypes.Json, "KafkaTopic")],
            Errors = [400, 404, 415, 422],
        },
        new("deleteKafkaTopic", "DELETE", Topic, TopicsTag, "Delete a topic")
        {
            Description = "Answered when nothing can be appended to it any more; the name is free then.",
            Answers = [new(204, "It is deleted.")],
            Errors = [404],
        },
    ];

    public static IEnumerable<Operation> Partitions =>
    [
        Get("listKafkaPartitions", Topic + "/partitions", PartitionsTag, "List the partitions of a topic", "KafkaPartitionList", 400, 404) with { Parameters = Operations.Paging },
        Get("getKafkaPartition", Partition, PartitionsTag, "Describe a partition", "KafkaPartition", 404),
        Get("getKafkaPartitionOffsets", Partition + "/offset", PartitionsTag, "The ends of a partition", "KafkaPartitionWithOffsets", 400, 404) with
        {
            Parameters = [Query("offset_type", "string", "Only earliest_and_latest, also where it is left out.", "earliest_and_latest")],
        },
        Get("listKafkaReplicas", Partition + "/replicas", PartitionsTag, "List the replicas of a partition", "KafkaReplicaList", 404),
        Get("getKafkaReplica", Partition + "/replicas/{broker}", PartitionsTag, "Describe a replica", "KafkaReplica", 404),
        Get("searchReplicasByBroker", Cluster + "/brokers/{broker}/partition-replicas", PartitionsTag, "List the replicas of a broker, paged by topics", "KafkaReplicaList", 400, 404) with { Parameters = Operations.Paging },
        Get("listKafkaAllTopicPartitionReassignments", Cluster + "/topics/-/partitions/-/reassignment", PartitionsTag, "Reassignments of all topics: none", "KafkaReassignmentList", 404),
        Get("listKafkaTopicPartitionReassignments", Topic + "/partitions/-/reassignment", PartitionsTag, "Reassignments of a topic: none", "KafkaReassignmentList", 404),
        Refused("getKafkaReassignment", "GET", Partition + "/reassignment", "The reassignment of a partition", "There is none: always 404.", 404) with { Tag = PartitionsTag },
    ];

    private static Operation Get(string id, string path, string tag, string summary, string schema, params int[] errors) => new(id, "GET", path, tag, summary)
    {
        Answers = [new(200, "As asked for.", MediaTypes.Json, schema)],
        Errors = errors,
    };

    private static Operation SetConfig(string id, string path, string summary, string what) => new(id, "PUT", path, ClustersTag, summary)
    {
        Description = what,
        Bodies = [new(MediaTypes.Json, "ConfigValue", """{"value": "86400000"}""")],
        Answers = [new(204, "It is set.")],
        Errors = [400, 404, 415, 422],
    };

    private static Operation ResetConfig(string id, string path, string summary) => new(id, "DELETE", path, ClustersTag, summary)
    {
        Answers = [new(204, "It has its built-in default.")],
        Errors = [400, 404],
    };

    private static Operation AlterConfigs(string id, string path, string summary, string what) => new(id, "POST", path, ClustersTag, summary)
    {
        Description = what,
        Bodies = [new(MediaTypes.Json, "AlterConfigs", """{"data": [{"name": "log.retention.ms", "value": "86400000"}], "validate_only": false}""")],
        Answers = [new(204, "They are changed, or, with validate_only, could be.")],
        Errors = [400, 404, 415, 422],
    };

    private static Operation Refused(string id, string method, string path, string summary, string why, int status = 400) => new(id, method, path, ClustersTag, summary)
    {
        Description = why,
        Errors = status == 404 ? [404] : [400, 404],
    };
}
