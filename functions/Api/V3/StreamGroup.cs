using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Produce;

namespace ManagedLog.Functions.Api.V3;

/// <summary>Records of a stream that are appended together, each with what its report says. Where the topic is not there, that is every record's error.</summary>
internal sealed class StreamGroup
{
    /// <summary>Beyond this, reading waits for the append before.</summary>
    private const long MaxBytes = 4 * 1024 * 1024;
    private const int MaxRecords = 10_000;

    private readonly List<StreamedRecord> _records = [];
    private readonly ApiError? _topicError;
    private long _bytes;

    /// <param name="now">In ms since 1970.</param>
    public StreamGroup(Result<Topic> topic, double spread, long now)
    {
        _topicError = topic.IsRefused ? ErrorMapping.From(topic.Refusal) : null;
        Plan = topic.IsRefused ? null : new AppendPlan(topic.Value, spread, now);
    }

    /// <summary>Nothing of it is appended: this is every record's error.</summary>
    public StreamGroup(ApiError error) => _topicError = error;

    /// <summary>Null: there is no topic, or it may not be written to.</summary>
    public AppendPlan? Plan { get; }

    /// <summary>In the order of the stream.</summary>
    public IReadOnlyList<StreamedRecord> Records => _records;

    public bool IsFull => IsLast || _bytes >= MaxBytes || _records.Count >= MaxRecords;

    /// <summary>Bytes of its records that are counted as held.</summary>
    public long Held { get; set; }

    /// <summary>Nothing behind this group is read.</summary>
    public bool IsLast { get; private set; }

    /// <summary>
    /// The record goes into the plan, or its report is what is wrong with it. A topic that is compacted refuses a batch with a record that has no key; here it is kept out of the
    /// batch, because each record of a stream stands or fails for itself.
    /// </summary>
    /// <param name="size">Of the record as it came, in bytes.</param>
    public void Add(RecordForm form, long size)
    {
        _bytes += size;
        if (Plan is null)
            Fail(_topicError!);
        else if (Plan.Topic.Config.Compacts && form.Record.Key is null)
            Fail(FormErrors.KeyMissing(Plan.Topic.Name));
        else if (Plan.Add(form.Record) is not { } error)
            _records.Add(new StreamedRecord(Plan.Records[^1], form.Key, form.Value));
        else if (error.Status == StatusCodes.Status413PayloadTooLarge)
            FailAndEnd(error);
        else
            Fail(error);
    }

    /// <summary>The record's report is the error, and the stream goes on.</summary>
    public void Fail(ApiError error) => _records.Add(new StreamedRecord(PlannedRecord.Failed(error), default, default));

    /// <summary>The record's report is the error, and the stream ends with it.</summary>
    public void FailAndEnd(ApiError error)
    {
        Fail(error);
        IsLast = true;
    }
}

/// <summary>One record of a stream: where it is planned, and how its report describes key and value.</summary>
internal readonly record struct StreamedRecord(PlannedRecord Planned, RecordPart Key, RecordPart Value);
