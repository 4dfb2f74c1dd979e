using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Api.OpenApi;

/// <summary>v3: the configs of topics.</summary>
internal static class ConfigOperations
{
    private const string Topics = "/v3/clusters/{cluster}/topics";
    private const string Configs = Topics + "/{topic}/configs";
    private const string Tag = "Configs of topics";

    public static IEnumerable<Operation> All =>
    [
        new("listKafkaTopicConfigs", "GET", Configs, Tag, "List the configs of a topic") { Answers = [Ok("KafkaTopicConfigList")], Errors = [404] },
        new("listKafkaAllTopicConfigs", "GET", Topics + "/-/configs", Tag, "List the configs of all topics, paged by topics") { Parameters = Operations.Paging, Answers = [Ok("KafkaTopicConfigList")], Errors = [400, 404] },
        new("updateKafkaTopicConfig", "PUT", Configs + "/{name}", Tag, "Set a config")
        {
            Bodies = [new(MediaTypes.Json, "ConfigValue", """{"value": "3600000"}""")],
            Answers = [new(204, "It is set.")],
            Errors = [400, 404, 415, 422],
        },
        new("getKafkaTopicConfig", "GET", Configs + "/{name}", Tag, "One config of a topic") { Answers = [Ok("KafkaTopicConfig")], Errors = [404] },
        new("resetKafkaTopicConfig", "DELETE", Configs + "/{name}", Tag, "Take back what was set") { Answers = [new(204, "It has its default.")], Errors = [404] },
        new("updateKafkaTopicConfigBatch", "POST", Configs + ":alter", Tag, "Change several configs of a topic, all or none")
        {
            Bodies =
            [
                new(MediaTypes.Json, "AlterConfigs", """{"data": [{"name": "retention.ms", "value": "3600000"}, {"name": "linger.ms", "operation": "DELETE"}], "validate_only": false}"""),
            ],
            Answers = [new(204, "They are changed, or, with validate_only, could be.")],
            Errors = [400, 404, 415, 422],
        },
        new("updateKafkaAllTopicConfigsBatch", "POST", Topics + "/-/configs:alter", Tag, "Change configs of several topics, each topic by itself")
        {
            Description = "A topic or config that does not exist is 404, and nothing is changed.",
            Bodies = [new(MediaTypes.Json, "AlterTopics", """{"data": [{"topic_name": "readings", "configs": [{"name": "retention.ms", "value": "86400000"}]}]}""")],
            Answers = [new(204, "All are changed."), new(207, "Those that failed; the others are changed.", MediaTypes.Json, "AlterTopicsFailures")],
            Errors = [400, 404, 415, 422],
        },
    ];

    private static AnswerForm Ok(string schema) => new(200, "As asked for.", MediaTypes.Json, schema);
}
