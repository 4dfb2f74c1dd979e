using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json.Nodes;
using ManagedLog.Engine;
using ManagedLog.Engine.Insight;
using ManagedLog.Functions.Hosting;
using ManagedLog.Functions.Limits;
using ManagedLog.Protocol.Errors;

namespace ManagedLog.Functions.Security.Auditing;

/// <summary>
/// Writes down every administrative change: before it is tried, so that none is made that nobody knows of, whatever happens to this process, and after it, with what became of
/// it. Attempts of those who may not are written down too, some of them: who tries a thousand times is known by the first.
/// </summary>
internal sealed class Auditor
{
    /// <summary>Attempts that are written down, in a second.</summary>
    public const double DeniedPerSecond = 1;

    private const int MaxText = 500;

    private readonly LogEngine _engine;
    private readonly EngineStart _start;
    private readonly AuditMode _mode;
    private readonly TimeProvider _time;
    private readonly ILogger<Auditor> _logger;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _passedOver;
    private readonly Lock _lock = new();
    private readonly long _began;
    private RateMeter _denied;
    private long _since;

    public Auditor(LogEngine engine, EngineStart start, ServiceOptions options, TimeProvider time, ILogger<Auditor> logger, Meter meter)
    {
        _engine = engine;
        _start = start;
        _mode = options.Security.Audit;
        _time = time;
        _logger = logger;
        _began = time.GetTimestamp();
        _failures = meter.CreateCounter<long>("managedlog.audit.failures", "{record}", "Records of the audit that could not be written, or of which nobody knows.");
        _passedOver = meter.CreateCounter<long>("managedlog.audit.denials_passed_over", "{request}", "Refused administrative requests that were too many to be written down.");
    }

    /// <summary>
    /// Makes a change between the two records of it. Where the first cannot be written the change is not made, unless configured otherwise: KAFKA_STORAGE_ERROR. Where the second
    /// cannot be, the answer is what became of the change all the same: it is made, and the first record says that it was tried.
    /// </summary>
    /// <param name="change">Null: nothing is to be changed, only to be asked.</param>
    /// <param name="whyNot">Why nothing was changed, where <paramref name="make"/> answers that it was not; null: that it was.</param>
    public async ValueTask<Result<T>> RunAsync<T>(HttpContext context, Change? change, Func<ValueTask<Result<T>>> make, Func<T, string?>? whyNot = null)
    {
        if (change is null || _mode == AuditMode.Off)
            return await make();
        var record = Record(context, AuditOutcome.Begun, change.Action, change.Resource.ToString(), change.DetailsText());
        if (!await TryAppendAsync(record) && _mode == AuditMode.Required)
        {
            return new Refusal(
                ErrorCode.KafkaStorageError,
                "The change could not be written to the audit, so it was not made. Try again; ManagedLog:Security:Audit=BestEffort makes changes without it.");
        }

        Result<T> made;
        try
        {
            made = await make();
        }
        catch (Exception exception)
        {
            // The caller has left, or there is a defect: in both cases it may have been made.
            var why = exception is OperationCanceledException ? "The caller did not wait for the end." : "The service failed.";
            await TryAppendAsync(_engine.Audit.End(record, AuditOutcome.Unknown, why));
            throw;
        }

        var error = made.IsRefused ? $"{made.Refusal.Code}: {made.Refusal.Message}" : whyNot?.Invoke(made.Value);
        var outcome = made.Refusal?.Code == ErrorCode.RequestTimedOut ? AuditOutcome.Unknown : error is null ? AuditOutcome.Done : AuditOutcome.Refused;
        await TryAppendAsync(_engine.Audit.End(record, outcome, error is null ? null : Cut(error)));
        return made;
    }

    /// <summary>Writes down that somebody wanted what they may not, if that is not too often.</summary>
    public async ValueTask DeniedAsync(HttpContext context)
    {
        if (_mode == AuditMode.Off)
            return;
        long passedOver;
        lock (_lock)
        {
            var now = _time.GetElapsedTime(_began);
            if (!_start.IsStarted || !_denied.HasRoom(DeniedPerSecond, now))
            {
                _since++;
                _passedOver.Add(1);
                return;
            }

            _denied.Take(1, DeniedPerSecond, now);
            (passedOver, _since) = (_since, 0);
        }

        var details = new JsonObject { ["method"] = context.Request.Method, ["passed_over"] = passedOver };
        await TryAppendAsync(Record(context, AuditOutcome.Denied, "denied", Cut(context.Request.Path.Value ?? ""), details.ToJsonString()));
    }

    private AuditRecord Record(HttpContext context, AuditOutcome outcome, string action, string resource, string details) => _engine.Audit.Begin(
        outcome,
        action,
        resource,
        Caller.Of(context).Id,
        context.Connection.RemoteIpAddress?.ToString(),
        context.Request.Headers["X-Forwarded-For"] is { Count: > 0 } forwarded ? Cut(forwarded.ToString()) : null,
        context.TraceIdentifier,
        details);

    /// <summary>Never throws: what storage does to the audit says nothing of the change, which may have been made by then.</summary>
    private async ValueTask<bool> TryAppendAsync(AuditRecord record)
    {
        string reason;
        try
        {
            var appended = await _engine.Audit.AppendAsync(record);
            if (!appended.IsRefused)
                return true;
            reason = appended.Refusal.Message;
        }
        catch (Exception exception)
        {
            reason = exception.Message;
        }

        _failures.Add(1);
        _logger.LogError(
            "The audit has no record that {Action} is {Outcome}: {Record} {Reason}",
            record.Action,
            AuditRecord.NameOf(record.Outcome),
            Encoding.UTF8.GetString(record.Encode()),
            reason);
        return false;
    }

    private static string Cut(string text) => KeySecret.Redact(text.Length <= MaxText ? text : text[..MaxText] + "…");
}
