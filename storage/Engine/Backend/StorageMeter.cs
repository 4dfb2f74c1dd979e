using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ManagedLog.Engine.Backend;

/// <summary>What is measured of calls to storage: how many, what they carried, how long they took. Names and tags are in docs/operating.md. Recording allocates nothing.</summary>
internal sealed class StorageMeter
{
    public const string VerbTag = "managedlog.storage.verb";
    public const string OutcomeTag = "managedlog.storage.outcome";

    /// <summary>The name that OpenTelemetry gives to what messages are sent to.</summary>
    public const string TopicTag = "messaging.destination.name";

    /// <summary>A call that the service will never accept, and one whose caller gave up: no outcomes, but calls all the same.</summary>
    public const string Refused = "refused";
    public const string Cancelled = "cancelled";

    private static readonly double[] s_seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Counter<long> _operations;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _retries;
    private readonly Histogram<double> _duration;

    public StorageMeter(Meter meter)
    {
        _operations = meter.CreateCounter<long>("managedlog.storage.operations", "{operation}", "Calls to storage, each of which the account is charged for.");
        _bytes = meter.CreateCounter<long>("managedlog.storage.io", "By", "Content of blobs sent to storage or received from it.");
        _retries = meter.CreateCounter<long>("managedlog.storage.retries", "{operation}", "Reads that were repeated because storage was busy or did not answer.");
        _duration = meter.CreateHistogram(
            "managedlog.storage.operation.duration", "s", "How long calls to storage took.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = s_seconds });
    }

    /// <param name="topic">Null: a call that concerns no topic.</param>
    public void Called(StorageVerb verb, string outcome, string? topic, long bytes, TimeSpan duration)
    {
        var tags = new TagList { { VerbTag, NameOf(verb) } };
        if (topic is not null)
            tags.Add(TopicTag, topic);
        if (bytes > 0)
            _bytes.Add(bytes, tags);
        _duration.Record(duration.TotalSeconds, tags);
        tags.Add(OutcomeTag, outcome);
        _operations.Add(1, tags);
    }

    public void Retried(StorageVerb verb) => _retries.Add(1, new KeyValuePair<string, object?>(VerbTag, NameOf(verb)));

    public static string NameOf(OutcomeStatus status) => status switch
    {
        OutcomeStatus.Done => "done",
        OutcomeStatus.ConditionFailed => "condition_failed",
        OutcomeStatus.Missing => "missing",
        OutcomeStatus.Throttled => "throttled",
        OutcomeStatus.Unknown => "unknown",
        _ => throw new InvalidOperationException($"No such status: {status}."),
    };

    private static string NameOf(StorageVerb verb) => verb switch
    {
        StorageVerb.Prepare => "prepare",
        StorageVerb.CreateAppendBlob => "create_append_blob",
        StorageVerb.Append => "append",
        StorageVerb.ReadRange => "read_range",
        StorageVerb.GetBlob => "get_blob",
        StorageVerb.PutBlob => "put_blob",
        StorageVerb.StageBlock => "stage_block",
        StorageVerb.CommitBlocks => "commit_blocks",
        StorageVerb.DeleteBlob => "delete_blob",
        StorageVerb.ListBlobs => "list_blobs",
        StorageVerb.ReadRow => "read_row",
        StorageVerb.QueryRows => "query_rows",
        StorageVerb.CommitRows => "commit_rows",
        StorageVerb.AcquireLease => "acquire_lease",
        StorageVerb.RenewLease => "renew_lease",
        StorageVerb.ReleaseLease => "release_lease",
        _ => throw new InvalidOperationException($"No such verb: {verb}."),
    };
}
