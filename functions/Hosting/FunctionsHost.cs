using System.Globalization;

namespace ManagedLog.Functions.Hosting;

/// <summary>
/// Whether the Azure Functions host started this process as its custom handler, and where to listen. The host's variable decides alone: what else is in the
/// environment (<c>ASPNETCORE_URLS</c>) is inherited from the host and holds the host's own address.
/// </summary>
internal static class FunctionsHost
{
    public const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";

    public static bool IsPresent(IConfiguration configuration) => !string.IsNullOrEmpty(configuration[PortVariable]);

    /// <summary>Null: as <c>--urls</c>, <c>ASPNETCORE_URLS</c> or <c>ASPNETCORE_HTTP_PORTS</c> say.</summary>
    public static string? ListenUrl(IConfiguration configuration, ServiceOptions options)
    {
        if (IsPresent(configuration))
            return string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ReadPort(configuration[PortVariable]!)}");
        if (!string.IsNullOrEmpty(configuration["urls"]) || !string.IsNullOrEmpty(configuration["http_ports"]))
            return null;

        // "localhost" is both loopback addresses, which one chosen by the system cannot be.
        return string.Create(CultureInfo.InvariantCulture, $"http://{(options.Port == 0 ? "127.0.0.1" : "localhost")}:{options.Port}");
    }

    private static int ReadPort(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65_535
        ? port
        : throw new StartException($"{PortVariable}={text} is not a port.");
}
