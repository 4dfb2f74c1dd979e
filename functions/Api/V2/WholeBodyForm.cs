using System.Text;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.V2;

/// <summary>
/// A body that is one record as it stands, for clients that cannot wrap what they send (webhooks): asked for by the parameter <c>key</c>, which is the record's key, or
/// empty for a record without one. Its <c>Content-Type</c> becomes the header <c>content-type</c> of the record.
/// </summary>
internal sealed record WholeBodyForm(string Key, string? ContentType)
{
    public const string Parameter = "key";

    private const string TypeHeader = "content-type";

    /// <summary>Types that say by themselves how their body is to be taken apart: a record of them as they stand would be a mistake of the client.</summary>
    private static readonly string[] ReservedTypes = ["application/vnd.kafka.", "application/vnd.managedlog."];

    public static bool IsReserved(string? contentType) =>
        contentType is not null && ReservedTypes.Any(type => contentType.TrimStart().StartsWith(type, StringComparison.OrdinalIgnoreCase));

    /// <summary>Null when the record is in the plan.</summary>
    public ApiError? Read(ReadOnlyMemory<byte> body, AppendPlan plan, int? pathPartition)
    {
        if (body.IsEmpty)
            return FormErrors.BodyMissing("the value of the record; one without a value (a tombstone) is sent as JSON");
        ReadOnlyMemory<byte>? key = Key.Length == 0 ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(Key);
        IReadOnlyList<RecordHeader> headers = string.IsNullOrEmpty(ContentType) ? [] : [new RecordHeader(TypeHeader, Encoding.UTF8.GetBytes(ContentType))];
        return plan.Add(new ProducedRecord(plan.Now, key, body, headers, pathPartition));
    }
}
