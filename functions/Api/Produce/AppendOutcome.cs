using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>How an <see cref="AppendPlan"/> went, record by record.</summary>
internal sealed class AppendOutcome(AppendPlan plan, IReadOnlyDictionary<int, Result<AppendResult>> results)
{
    private readonly Dictionary<int, ApiError> _errors = results
        .Where(result => result.Value.IsRefused)
        .ToDictionary(result => result.Key, result => ErrorMapping.From(result.Value.Refusal!));

    public IReadOnlyList<PlannedRecord> Records => plan.Records;

    /// <summary>The one reason why no partition took anything; null where one did, or where the reasons differ, or where nothing was to be appended.</summary>
    public ApiError? CommonError
    {
        get
        {
            if (_errors.Count == 0 || _errors.Count < results.Count)
                return null;
            var first = _errors.Values.First();
            return _errors.Values.All(error => error.Code == first.Code) && plan.Records.All(record => record.Error is null) ? first : null;
        }
    }

    /// <summary>Null: it stands in the log (or, with acks=0, is on its way there).</summary>
    public ApiError? ErrorOf(in PlannedRecord record) => record.Error ?? _errors.GetValueOrDefault(record.Partition);

    /// <summary>The record's offset (null with acks=0) and its timestamp, for a record without error.</summary>
    public (long? Offset, long Timestamp) PlaceOf(in PlannedRecord record)
    {
        var batch = results[record.Partition].Value.Batches[record.Batch];
        return (batch.BaseOffset < 0 ? null : batch.BaseOffset + record.Index, batch.AppendTime < 0 ? record.Timestamp : batch.AppendTime);
    }
}
