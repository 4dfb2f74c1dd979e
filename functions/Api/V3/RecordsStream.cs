using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Produce;
using ManagedLog.Functions.Limits;

namespace ManagedLog.Functions.Api.V3;

/// <summary>
/// One streaming produce. Records are read while the ones before are being appended: what has arrived when an append ends goes with the next one. At most one group is
/// under way and one is gathered, so memory stays bounded, and the records of one stream are appended and reported in the order in which they came.
/// </summary>
/// <param name="use">Null: what is read is counted already.</param>
internal sealed class RecordsStream(StreamTarget target, PipeReader body, PipeWriter answer, ReportWriter reports, RecordClock clock, RequestUse? use)
{
    private readonly JsonFramer _framer = new();
    private readonly RecordForm _form = new();
    private StreamGroup? _group;
    private long _taken;
    private bool _hasRecords;
    private volatile ApiError? _end;

    /// <summary>Bytes of the record that is under way that are counted as held.</summary>
    private long _heldOfRecord;

    /// <summary>The body was read to its end, and the client waits for nothing but the end of the answer.</summary>
    public bool IsBodyAtEnd { get; private set; }

    /// <summary>Reads to the end of the body or to the first thing that ends a stream, and answers when everything before that is reported.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var sending = Task.CompletedTask;
        Task<ReadResult>? reading = null;
        try
        {
            var isLast = false;
            while (!isLast)
            {
                reading ??= body.ReadAsync(cancellationToken).AsTask();
                if (_group is not null && !reading.IsCompleted)
                    await Task.WhenAny(reading, sending);
                if (_group is null || reading.IsCompleted)
                {
                    var read = await reading;
                    reading = null;
                    isLast = await TakeAsync(read, cancellationToken);
                    if (_group is not { IsFull: true } && !isLast)
                        continue;
                }

                await sending;
                sending = SendAsync(_group, cancellationToken);
                _group = null;
            }

            await sending;
        }
        finally
        {
            // Neither may outlive the request; what they came to has been thrown already or is of no interest.
            if (reading is not null)
                body.CancelPendingRead();
            await Task.WhenAll(sending, reading ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <summary>Ends the stream from outside: what came is appended and reported, and then comes this report, unless the body had ended by itself.</summary>
    public void End(ApiError report)
    {
        _end = report;
        body.CancelPendingRead();
    }

    /// <summary>Takes what has come into the group, as far as it has room. True: nothing more is to be taken.</summary>
    private async ValueTask<bool> TakeAsync(ReadResult read, CancellationToken cancellationToken)
    {
        var buffer = read.Buffer;
        var status = FrameStatus.Document;
        while (status == FrameStatus.Document && _group is not { IsFull: true })
        {
            status = _framer.TryTake(ref buffer, out var document);
            if (status == FrameStatus.Document)
            {
                clock.BeginAgain();
                LetGoOfRecord();
                await AddAsync(document, cancellationToken);
            }
            else if (status == FrameStatus.Malformed)
                (await GroupAsync(cancellationToken)).FailAndEnd(FormErrors.Malformed("Malformed JSON: a record begins with {. Nothing behind this was read."));
            else if (status == FrameStatus.Partial && await target.MaxDocumentBytesAsync(cancellationToken) is var limit && _framer.Scanned > limit)
                (await GroupAsync(cancellationToken)).FailAndEnd(new ApiError(413, 413, $"A record is longer than {limit} bytes as JSON, which no record that the topic takes needs to be. Nothing behind this was read."));
            else if (status == FrameStatus.Partial && HoldRecord() is { } excess)
                (await GroupAsync(cancellationToken)).FailAndEnd(excess);
        }

        if (clock.IsLate(isWithinRecord: status == FrameStatus.Partial) && _group is not { IsLast: true })
            (await GroupAsync(cancellationToken)).FailAndEnd(LimitErrors.RecordTooSlow);
        _taken += read.Buffer.Slice(0, buffer.Start).Length;
        var hasMore = status == FrameStatus.Document && !buffer.IsEmpty;
        if (!hasMore && read.IsCompleted && status == FrameStatus.Partial && _group is not { IsLast: true })
            (await GroupAsync(cancellationToken)).FailAndEnd(FormErrors.Malformed("Malformed JSON: the body ends within a record."));
        if (read.IsCompleted && !hasMore && !_hasRecords)
            (await GroupAsync(cancellationToken)).FailAndEnd(FormErrors.NoRecords);
        if (_taken + _framer.Scanned > target.MaxBytes && _group is not { IsLast: true })
            (await GroupAsync(cancellationToken)).FailAndEnd(FormErrors.BodyTooLarge(target.MaxBytes));
        IsBodyAtEnd = read.IsCompleted && !hasMore && status != FrameStatus.Malformed;
        if (read.IsCanceled && _end is { } end && !IsBodyAtEnd && _group is not { IsLast: true })
            (await GroupAsync(cancellationToken)).FailAndEnd(end);
        body.AdvanceTo(buffer.Start, hasMore ? buffer.Start : read.Buffer.End);
        return _group is { IsLast: true } || read.IsCanceled || (read.IsCompleted && !hasMore);
    }

    private async ValueTask AddAsync(ReadOnlySequence<byte> document, CancellationToken cancellationToken)
    {
        var group = await GroupAsync(cancellationToken);
        if (FindExcess(document.Length) is { } excess)
        {
            group.Fail(excess);
            return;
        }

        use?.CameIn(document.Length);
        group.Held += document.Length;
        var copy = document.IsSingleSegment ? null : ArrayPool<byte>.Shared.Rent((int)document.Length);
        try
        {
            if (copy is not null)
                document.CopyTo(copy);
            await target.AddAsync(group, _form, copy is null ? document.First : copy.AsMemory(0, (int)document.Length), cancellationToken);
        }
        catch (JsonException exception)
        {
            group.FailAndEnd(FormErrors.MalformedJson(exception));
        }
        finally
        {
            if (copy is not null)
                ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private async ValueTask<StreamGroup> GroupAsync(CancellationToken cancellationToken)
    {
        _hasRecords = true;
        return _group ??= await target.BeginGroupAsync(cancellationToken);
    }

    /// <summary>Appends what was gathered and reports it, each record in a chunk of its own.</summary>
    private async Task SendAsync(StreamGroup? group, CancellationToken cancellationToken)
    {
        if (group is null)
            return;
        var outcome = group.Plan is { Batches.Count: > 0 } plan ? await target.AppendAsync(plan, cancellationToken) : null;
        foreach (var record in group.Records)
            await answer.WriteAsync(Report(record, outcome), cancellationToken);
        use?.LetGo(group.Held);
    }

    /// <summary>Null: the record is counted as held, until its group has been reported.</summary>
    private ApiError? FindExcess(long bytes) => use?.FindExcess() ?? use?.Hold(bytes);

    private ApiError? HoldRecord()
    {
        if (use?.Hold(_framer.Scanned - _heldOfRecord) is { } excess)
            return excess;
        _heldOfRecord = _framer.Scanned;
        return null;
    }

    private void LetGoOfRecord()
    {
        use?.LetGo(_heldOfRecord);
        _heldOfRecord = 0;
    }

    private ReadOnlyMemory<byte> Report(in StreamedRecord record, AppendOutcome? outcome)
    {
        if (record.Planned.Error is { } refused)
            return reports.OfError(refused);
        if (outcome!.ErrorOf(record.Planned) is { } failed)
            return reports.OfError(failed);
        var (offset, timestamp) = outcome.PlaceOf(record.Planned);
        return reports.OfRecord(record, offset, timestamp);
    }
}
