using System.Text.Json.Serialization;

namespace ManagedLog.Functions.Maintenance;

/// <summary>What the Functions host posts when a timer is due. Only what is used is read.</summary>
internal sealed record TimerCall(TimerCallParts? Data);

internal sealed record TimerCallParts(TimerState? Timer);

/// <param name="IsPastDue">The tick comes later than it was due.</param>
internal sealed record TimerState(bool IsPastDue);

/// <summary>What the host waits for; without a body like this the invocation never completes.</summary>
internal sealed record TimerAnswer(IReadOnlyDictionary<string, string> Outputs, IReadOnlyList<string> Logs, string? ReturnValue);

/// <summary>Names as the host writes them: envelope members in Pascal case, the binding by its own name.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(TimerCall))]
[JsonSerializable(typeof(TimerAnswer))]
internal sealed partial class TimerJson : JsonSerializerContext;
