using System.IO.Pipelines;
using System.Text.Json;
using ManagedLog.Engine.Consumers;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Fetch;
using ManagedLog.Functions.Api.Following;
using ManagedLog.Functions.Api.Http;
using ManagedLog.Functions.Api.Json;

namespace ManagedLog.Functions.Api.Consumers;

/// <summary>Writes what polls give out as a stream of events, or of lines. The id of an event says of every partition of the instance what was given out of it.</summary>
internal sealed class EventWriter : IDisposable
{
    private readonly PollQuery _query;
    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private readonly IStreamFraming _framing;
    private readonly PooledBuffer _json = new();
    private readonly Utf8JsonWriter _writer;
    private long _writtenAt;

    public EventWriter(PollQuery query, PipeWriter output, TimeProvider time)
    {
        _query = query;
        _output = output;
        _time = time;
        _framing = query.ContentType == MediaTypes.EventStream ? new EventFraming() : new LineFraming();
        _writer = new Utf8JsonWriter(_json, JsonForm.Writing);
        _writtenAt = time.GetTimestamp();
    }

    /// <summary>How long until a sign of life is due.</summary>
    public TimeSpan HeartbeatIn => StreamLimits.Heartbeat - _time.GetElapsedTime(_writtenAt);

    public static string IdOf(ConsumerInstance? instance) => new EventIds(PlacesOf(instance), withTopics: true).ToString();

    public void Begin(ConsumerInstance? instance) => _framing.WriteBegin(_output, new EventIds(PlacesOf(instance), withTopics: true));

    /// <summary>False: the client does not take what is sent.</summary>
    public async ValueTask<bool> RecordsAsync(PollOutcome outcome, CancellationToken aborted)
    {
        var places = PlacesOf(outcome.Before);
        // Where it is not known what was there before, only what is given now can be named.
        if (places.Count == 0)
            places = [.. outcome.Parts.GroupBy(static part => part.Partition).Select(static parts => FollowedPartition.Named(parts.Key.TopicName, parts.Key.Number, parts.First().From))];
        var ids = new EventIds(places, withTopics: true);
        foreach (var part in outcome.Parts)
        {
            var place = places.First(one => one.Number == part.Partition.Number && one.TopicName == part.Partition.TopicName);
            var shape = new RecordWriter(part.Partition.TopicName, part.Partition.Number, _query.Format, _query.KeyFormat);
            var records = new FetchedRecords(part.Batches, part.From);
            while (records.TryReadNext(out var record) && record.Offset < part.End)
            {
                place.GoOnAt(record.Offset + 1);
                _framing.WriteRecord(_output, ids, Json(static (writer, one) => one.shape.Write(writer, one.record, one.TimestampType), (shape, record, records.TimestampType)));
                if (_output.UnflushedBytes >= StreamLimits.FlushAfter && !await FlushAsync(aborted))
                    return false;
            }
        }

        return await FlushAsync(aborted);
    }

    public void HeartbeatIfDue()
    {
        if (HeartbeatIn <= TimeSpan.Zero)
            _framing.WriteHeartbeat(_output);
    }

    public void Error(ApiError error) => _framing.WriteError(_output, Json(Answer.WriteError, error));

    public void End(bool isStopping) => _framing.WriteEnd(_output, isStopping);

    /// <summary>Waits until the client has taken enough. False: it has not for too long.</summary>
    public async ValueTask<bool> FlushAsync(CancellationToken aborted)
    {
        aborted.ThrowIfCancellationRequested();
        if (_output.UnflushedBytes == 0)
            return true;
        _writtenAt = _time.GetTimestamp();
        try
        {
            var flushed = await _output.FlushAsync(aborted).AsTask().WaitAsync(StreamLimits.SlowClient, _time, aborted);
            return flushed.IsCompleted ? throw new OperationCanceledException("The client has gone.", aborted) : true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _json.Dispose();
    }

    private static List<FollowedPartition> PlacesOf(ConsumerInstance? instance) =>
    [
        .. (instance?.Positions ?? []).Where(static position => position.Next is not null)
            .Select(static position => FollowedPartition.Named(position.Topic, position.Partition, position.Next!.Value)),
    ];

    /// <summary>One line: inside strings JSON has no line end, so that a blank stands for each as well.</summary>
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
}
