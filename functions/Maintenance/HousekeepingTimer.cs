using System.Text.Json;
using ManagedLog.Functions.Api.Errors;
using ManagedLog.Functions.Api.Http;

namespace ManagedLog.Functions.Maintenance;

/// <summary>
/// <c>POST /housekeeping</c>, which the Functions host calls by the schedule in the function's folder. A tick may come twice, late, or not for hours. No work is due by
/// time today: segments roll when they are written to, and deleting a topic frees nothing yet.
/// </summary>
internal static class HousekeepingTimer
{
    /// <summary>The folder with its function.json.</summary>
    public const string FunctionName = "housekeeping";

    private const int MaxBytes = 64 * 1024;

    private static readonly Dictionary<string, string> NoOutputs = [];

    public static async Task TickAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context.Request, MaxBytes, context.RequestAborted);
        if (body is null || !TryParse(body.Bytes.Span, out var call))
        {
            await Answer.ErrorAsync(context, FormErrors.Malformed("The body must be the envelope of a timer."));
            return;
        }

        var lateness = call.Data?.Timer?.IsPastDue == true ? " (past due)" : "";
        var answer = new TimerAnswer(NoOutputs, [$"housekeeping{lateness}: nothing is due"], ReturnValue: null);
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
