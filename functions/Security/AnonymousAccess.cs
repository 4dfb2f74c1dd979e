using System.Net;
using ManagedLog.Functions.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedLog.Functions.Security;

/// <summary>
/// Who may do everything without saying who they are: programs of a developer's own machine, in the Development environment, and nobody else anywhere. A page of another site
/// that the developer's browser shows is no such program, nor is whoever comes through a proxy on this machine.
/// </summary>
internal static class AnonymousAccess
{
    private static readonly string[] s_proxyHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"];

    /// <summary>
    /// Whether there is such access at all. Under the Functions host there is not, whatever the environment: the host listens for all, and its calls come from this machine.
    /// Throws <see cref="StartException"/> where it would be offered to other machines.
    /// </summary>
    public static bool IsOffered(bool isDevelopment, IConfiguration configuration)
    {
        if (!isDevelopment || FunctionsHost.IsPresent(configuration))
            return false;
        if (FindExposed(configuration) is { } exposed)
        {
            throw new StartException(
                $"In the Development environment callers need no credentials, so the service listens on loopback addresses only and not on {exposed}: "
                + "listen on http://localhost:PORT, or set ASPNETCORE_ENVIRONMENT=Production.");
        }

        return true;
    }

    /// <summary>Whether a request comes from a program on this machine, as far as can be seen.</summary>
    public static bool IsFromHere(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote) || !IsLoopbackName(context.Request.Host.Host))
            return false;
        var headers = context.Request.Headers;
        foreach (var name in s_proxyHeaders)
        {
            if (headers.ContainsKey(name))
                return false;
        }

        // A name that an attacker's server gives this machine's address is caught by Host; a page that names this machine itself, by Origin.
        return headers.Origin.Count == 0 || (Uri.TryCreate(headers.Origin.ToString(), UriKind.Absolute, out var origin) && IsLoopbackName(origin.Host));
    }

    private static string? FindExposed(IConfiguration configuration)
    {
        // Ports without an address are of all addresses; "urls" goes before them.
        var urls = configuration["urls"];
        if (string.IsNullOrEmpty(urls) && (!string.IsNullOrEmpty(configuration["http_ports"]) || !string.IsNullOrEmpty(configuration["https_ports"])))
            return "all of them";
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(static endpoint => endpoint["Url"] ?? "");
        return (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Concat(endpoints).FirstOrDefault(static url => !IsLoopbackUrl(url));
    }

    private static bool IsLoopbackUrl(string url)
    {
        try
        {
            return IsLoopbackName(BindingAddress.Parse(url).Host);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool IsLoopbackName(string name) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
