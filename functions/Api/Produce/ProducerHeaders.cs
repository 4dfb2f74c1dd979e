using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Protocol.Identity;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Produce;

/// <summary>
/// The headers <c>Producer-Id</c>, <c>Producer-Epoch</c> and <c>Producer-Sequence</c>: the request's records are numbered from that sequence on, so that the same request
/// sent again, to any instance, is answered with the offsets of the first time. All its records go to one partition, because a producer counts in each by itself.
/// </summary>
internal static class ProducerHeaders
{
    public const string Id = "Producer-Id";
    public const string Epoch = "Producer-Epoch";
    public const string Sequence = "Producer-Sequence";

    /// <summary>Null and no error: the request has none of them.</summary>
    public static bool TryRead(IHeaderDictionary headers, out BatchIdentity? identity, [NotNullWhen(false)] out ApiError? error)
    {
        identity = null;
        error = null;
        if (!headers.ContainsKey(Id) && !headers.ContainsKey(Epoch) && !headers.ContainsKey(Sequence))
            return true;
        if (long.TryParse(headers[Id].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && short.TryParse(headers[Epoch].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            && int.TryParse(headers[Sequence].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            identity = new BatchIdentity(new ProducerIdentity(id, epoch), sequence);
            return true;
        }

        error = FormErrors.Malformed($"{Id}, {Epoch} and {Sequence} are given together, each a number from 0 on; ids come from POST /v3/clusters/{{cluster}}/producers.");
        return false;
    }

    /// <summary>Why the plan cannot be numbered; null: it can.</summary>
    public static ApiError? Check(AppendPlan plan) => plan.Batches.Count == 1 && plan.Records.All(record => record.Error is null)
        ? null
        : FormErrors.Unprocessable($"With {Id} all records of a request go to one partition of the topic; use POST /topics/{{topic}}/partitions/{{partition}}. Nothing was appended.");

    /// <summary>Numbers batches one after the other.</summary>
    public static void Stamp(IReadOnlyList<Memory<byte>> batches, BatchIdentity identity)
    {
        foreach (var batch in batches)
        {
            RecordBatchPatch.SetIdentity(batch.Span, identity);
            RecordBatchPatch.SealCrc(batch.Span);
            RecordBatchHeader.TryRead(batch.Span, out var header);
            identity = identity with { BaseSequence = BatchIdentity.Advance(identity.BaseSequence, header.RecordCount) };
        }
    }
}
