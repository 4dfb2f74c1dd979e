using System.Text.Json;
using ManagedLog.Engine;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Maintenance;

/// <summary>
/// <c>POST /housekeeping</c>, which the Functions host calls by the schedule in the function's folder. A tick may come twice, late, or not for hours. While
/// more is due than one tick takes, it makes several.
/// </summary>
internal sealed class HousekeepingTimer(LogEngine engine)
{
    /// <summary>The folder with its function.json.</summary>
    public const string FunctionName = "housekeeping";

    private const int MaxBytes = 64 * 1024;

    /// <summary>Together they stay below the schedule's five minutes, and below what the Functions host lets a function run by default.</summary>
    private const int MaxTicks = 8;

    private static readonly Dictionary<string, string> NoOutputs = [];

    public async Task TickAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context.Request, MaxBytes, context.RequestAborted);
        if (body is null || !TryParse(body.Bytes.Span, out var call))
        {
            await Answer.ErrorAsync(context, FormErrors.Malformed("The body must be the envelope of a timer."));
            return;
        }

        var lateness = call.Data?.Timer?.IsPastDue == true ? " (past due)" : "";
        var logs = new List<string>();
        for (var isMore = true; isMore && logs.Count < MaxTicks;)
        {
            var ticked = await engine.RunHousekeepingAsync(context.RequestAborted);
            logs.Add($"housekeeping{lateness}: {(ticked.IsRefused ? ticked.Refusal.Message : ticked.Value.ToString())}");
            isMore = !ticked.IsRefused && ticked.Value.IsMore;
        }

        var answer = new TimerAnswer(NoOutputs, logs, ReturnValue: null);
        await Answer.WriteAsync(context, StatusCodes.Status200OK, MediaTypes.Json, JsonSerializer.SerializeToUtf8Bytes(answer, TimerJson.Default.TimerAnswer));
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, out TimerCall call)
    {
        call = new TimerCall(null);
        try
        {
            call = JsonSerializer.Deserialize(bytes, TimerJson.Default.TimerCall) ?? call;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
