using System.IO.Pipelines;
using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Json;
using ManagedLog.Functions.Limits;
using ManagedLog.Protocol.Records;

namespace ManagedLog.Functions.Api.Following;

/// <summary>
/// One stream of records: what stands is sent, then what comes, each batch as soon as it is there. Nothing is read ahead of what the client takes. What was written
/// before the end, of whatever kind, is in order and without a gap, and the last id that went with it says exactly where to go on.
/// </summary>
internal sealed class RecordFollower : IDisposable
{
    private readonly PartitionFollower _partitions;
    private readonly FetchQuery _query;
    private readonly IStreamFraming _framing;
    private readonly EventIds _ids;
    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private readonly RequestUse? _use;
    private readonly Dictionary<FollowedPartition, IRecordShape> _shapes;
    private readonly PooledBuffer _json = new();
    private readonly Utf8JsonWriter _writer;
    private readonly long _beganAt;
    private long _writtenAt;
    private long _foundAt;
    private long _lookedAt;
    private long _records;
    private long _bytes;

    /// <param name="shapes">How the records of each partition are written.</param>
    /// <param name="use">What the stream has of the instance and of its caller's quota; it keeps to both.</param>
    public RecordFollower(
        PartitionFollower partitions, Func<FollowedPartition, IRecordShape> shapes, FetchQuery query, EventIds ids, PipeWriter output, TimeProvider time, RequestUse? use = null)
    {
        _partitions = partitions;
        _query = query;
        _framing = query.IsEvents ? new EventFraming() : new LineFraming();
        _ids = ids;
        _output = output;
        _time = time;
        _use = use;
        _shapes = partitions.Partitions.ToDictionary(partition => partition, shapes);
        _writer = new Utf8JsonWriter(_json, JsonForm.Writing);
        _beganAt = _writtenAt = _foundAt = _lookedAt = time.GetTimestamp();
    }

    /// <summary>
    /// Whether there are partitions by now that the stream should have and does not: then it ends, and whoever resumes it has them. Asked with each sign of life, or as often while
    /// records come. Null: there never are.
    /// </summary>
    public Func<ValueTask<bool>>? HasGrown { get; init; }

    /// <summary>
    /// Runs until the client has what it asked for, the stream's time is over, nothing more can be read, or <paramref name="stopping"/>. False: the client does not
    /// take what is sent. Throws when the client has gone.
    /// </summary>
    public async Task<bool> RunAsync(CancellationToken stopping, CancellationToken aborted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, aborted);
        _framing.WriteBegin(_output, _ids);
        foreach (var failed in _partitions.Partitions.Where(partition => partition.Error is not null))
            WriteError(failed);
        while (true)
        {
            if (!await FlushAsync(aborted))
                return false;
            _use?.Room.Written();
            if (_partitions.HaveAllFailed)
                return true;
            if (stop.IsCancellationRequested || IsOver || await IsOutgrownAsync())
                return await EndAsync(stopping, aborted);
            if (await PauseAsync(stop.Token))
                continue;
            var more = await _partitions.NextAsync(StreamLimits.ReadBytes) is { } next
                ? await TakeAsync(next.Partition, next.Result, aborted)
                : await WaitAsync(stop.Token);
            if (more == More.None)
                return await EndAsync(stopping, aborted);
            if (more == More.NeverTaken)
                return false;
        }
    }

    /// <summary>Says that the stream ends for a failure that is none of the client's.</summary>
    public async Task FailAsync(ApiError error, CancellationToken aborted)
    {
        _framing.WriteError(_output, Json(static (writer, error) => Answer.WriteError(writer, error), error));
        await FlushAsync(aborted);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _json.Dispose();
    }

    /// <summary>A client that said how long to wait at the end of the log gets everything up to there, however long that takes.</summary>
    private bool IsOver => (_query.IsEvents || _query.Timeout is null) && _time.GetElapsedTime(_beganAt) >= StreamLimits.Lifetime;

    /// <summary>A stream that ends by itself anyway needs no other end.</summary>
    private async ValueTask<bool> IsOutgrownAsync()
    {
        if (HasGrown is null || _query is { IsEvents: false, Timeout: not null } || _time.GetElapsedTime(_lookedAt) < StreamLimits.Heartbeat)
            return false;
        _lookedAt = _time.GetTimestamp();
        return await HasGrown();
    }

    private async ValueTask<bool> EndAsync(CancellationToken stopping, CancellationToken aborted)
    {
        _framing.WriteEnd(_output, stopping.IsCancellationRequested);
        return await FlushAsync(aborted);
    }

    private async ValueTask<More> TakeAsync(FollowedPartition partition, FetchResult? result, CancellationToken aborted)
    {
        _foundAt = _time.GetTimestamp();
        if (result is null)
        {
            WriteError(partition);
            return More.Some;
        }

        var shape = _shapes[partition];
        var records = new FetchedRecords(result.Batches, result.FetchOffset, _use?.Room);
        while (records.TryReadNext(out var record))
        {
            if (_records > 0 && _bytes + FetchedRecords.SizeOf(record) > _query.StreamBytes)
                return More.None;
            if (!shape.CanWrite(record))
            {
                partition.Fail(FetchErrors.Unreadable(partition.TopicName, partition.Number, _query.Format, record.Offset));
                WriteError(partition);
                return More.Some;
            }

            partition.GoOnAt(record.Offset + 1);
            _framing.WriteRecord(_output, _ids, Json(static (writer, one) => one.Shape.Write(writer, one.Record, one.Type), (Shape: shape, Record: record, Type: records.TimestampType)));
            _records++;
            _bytes += FetchedRecords.SizeOf(record);
            if (_records >= _query.MaxRecords || _bytes >= _query.StreamBytes)
                return More.None;
            if (_output.UnflushedBytes < StreamLimits.FlushAfter)
                continue;
            if (!await FlushAsync(aborted))
                return More.NeverTaken;
            if (IsOver)
                return More.None;
        }

        partition.GoOnAt(result.NextOffset);
        return More.Some;
    }

    /// <summary>
    /// A stream that would take more than there is room for, or than its caller's quota, waits a moment instead of being refused: it has lost nothing. What it holds already
    /// it writes first, so that two never wait for one another. True: it has waited.
    /// </summary>
    private async ValueTask<bool> PauseAsync(CancellationToken stop)
    {
        if (_use is null || !_partitions.IsAnyReady || _use.Room.HoldsAhead)
            return false;
        var pause = _use.Room.FindShortage() is null ? _use.UntilOut() : StreamLimits.LongestPause;
        if (pause <= TimeSpan.Zero)
            return false;
        if (pause < StreamLimits.ShortestPause)
            pause = StreamLimits.ShortestPause;
        await Task.Delay(Least(pause, StreamLimits.LongestPause), _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_time.GetElapsedTime(_writtenAt) >= StreamLimits.Heartbeat)
            _framing.WriteHeartbeat(_output);
        return true;
    }

    /// <summary>Nothing more stands anywhere: until something comes, the next sign of life is due, or a time is over.</summary>
    private async ValueTask<More> WaitAsync(CancellationToken stop)
    {
        var limit = StreamLimits.Heartbeat - _time.GetElapsedTime(_writtenAt);
        if (_query.IsEvents || _query.Timeout is null)
            limit = Least(limit, StreamLimits.Lifetime - _time.GetElapsedTime(_beganAt));
        if (_query.Timeout is { } timeout)
        {
            var left = timeout - _time.GetElapsedTime(_foundAt);
            if (left <= TimeSpan.Zero && !_partitions.IsAnyReady)
                return More.None;
            limit = Least(limit, left);
        }

        try
        {
            if (!await _partitions.WaitAsync(limit, stop) && _time.GetElapsedTime(_writtenAt) >= StreamLimits.Heartbeat)
                _framing.WriteHeartbeat(_output);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop, or nobody is there any more: the caller's next step finds out which.
        }

        return More.Some;
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void WriteError(FollowedPartition partition) =>
        _framing.WriteError(_output, Json(static (writer, partition) => FetchErrors.WritePartition(writer, partition), partition));

    /// <summary>
    /// One line. A record may hold JSON as its producer wrote it, with line ends between tokens; inside strings JSON has none, so that a blank stands for each as well.
    /// Valid until the next is made.
    /// </summary>
    private ReadOnlySpan<byte> Json<T>(Action<Utf8JsonWriter, T> write, T state)
    {
        _json.Clear();
        _writer.Reset();
        write(_writer, state);
        _writer.Flush();
        _json.Replace((byte)'\n', (byte)' ');
        _json.Replace((byte)'\r', (byte)' ');
        return _json.Written.Span;
    }

    /// <summary>Waits until the client has taken enough. False: it has not for too long.</summary>
    private async ValueTask<bool> FlushAsync(CancellationToken aborted)
    {
        aborted.ThrowIfCancellationRequested();
        if (_output.UnflushedBytes == 0)
            return true;
        _writtenAt = _time.GetTimestamp();
        var flushing = _output.FlushAsync(aborted);
        try
        {
            var flushed = flushing.IsCompleted ? await flushing : await flushing.AsTask().WaitAsync(StreamLimits.SlowClient, _time, aborted);
            if (flushed.IsCompleted)
                throw new OperationCanceledException("The client has gone.", aborted);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private enum More
    {
        /// <summary>Go on.</summary>
        Some = 0,

        /// <summary>The client has all that it asked for, or the time is over.</summary>
        None,

        /// <summary>The client does not take what is sent.</summary>
        NeverTaken,
    }
}
