using System.Globalization;
using System.Text.Json;
using ManagedLog.Engine.Metadata;
using ManagedLog.Functions.Api.Errors;

namespace ManagedLog.Functions.Api.V3;

/// <summary>How v3 takes and shows the quota of a key. Its members have the names of the settings that hold where it says nothing.</summary>
internal static class ApiKeyQuotaForm
{
    /// <summary>So that who is refused is told a time that is true: nobody is told to wait for more than an hour.</summary>
    private const double LeastRequests = 0.001;
    private const double MostRequests = 1_000_000;
    private const double LeastBytes = 1;
    private const double MostBytes = 1_000_000_000_000;

    public static ApiError? FindDefect(ApiKeyQuotaBody? body)
    {
        if (body is null)
            return null;
        if (body.Unknown is { Count: > 0 } unknown)
            return FormErrors.UnknownMember("The quota", unknown.Keys.First());
        return FindDefect("requests_per_second", body.RequestsPerSecond, LeastRequests, MostRequests)
            ?? FindDefect("bytes_in_per_second", body.BytesInPerSecond, LeastBytes, MostBytes)
            ?? FindDefect("bytes_out_per_second", body.BytesOutPerSecond, LeastBytes, MostBytes);
    }

    /// <summary>A quota that says nothing is none.</summary>
    public static ApiKeyQuota? Read(ApiKeyQuotaBody? body) =>
        body is null or { RequestsPerSecond: null, BytesInPerSecond: null, BytesOutPerSecond: null }
            ? null
            : new ApiKeyQuota(body.RequestsPerSecond, body.BytesInPerSecond, body.BytesOutPerSecond);

    public static void Write(Utf8JsonWriter writer, ApiKeyQuota? quota)
    {
        if (quota is null)
        {
            writer.WriteNull("quota"u8);
            return;
        }

        writer.WriteStartObject("quota"u8);
        WriteRate(writer, "requests_per_second"u8, quota.RequestsPerSecond);
        WriteRate(writer, "bytes_in_per_second"u8, quota.BytesInPerSecond);
        WriteRate(writer, "bytes_out_per_second"u8, quota.BytesOutPerSecond);
        writer.WriteEndObject();
    }

    /// <summary>A number that is too large to be told is infinite here, and refused like others beyond the range.</summary>
    private static ApiError? FindDefect(string name, double? rate, double least, double most) => rate is null || (rate >= least && rate <= most)
        ? null
        : FormErrors.BadParameter(string.Create(
            CultureInfo.InvariantCulture, $"quota.{name} is a number from {least} to {most:F0}; left out or null, the service's own holds (ManagedLog:Limits)."));

    private static void WriteRate(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double? rate)
    {
        if (rate is { } value)
            writer.WriteNumber(name, value);
        else
            writer.WriteNull(name);
    }
}
