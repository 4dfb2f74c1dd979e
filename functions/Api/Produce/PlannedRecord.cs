using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>Where a record stands in an <see cref="AppendPlan"/>, or why it is in none.</summary>
/// <param name="Batch">Index among the batches for its partition.</param>
/// <param name="Index">Of the record in its batch, which is also what its offset adds to the batch's.</param>
internal readonly record struct PlannedRecord(int Partition, int Batch, int Index, long Timestamp, ApiError? Error)
{
    public static PlannedRecord Failed(ApiError error) => new(-1, -1, -1, -1, error);
}
