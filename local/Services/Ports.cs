using System.Net;
using System.Net.Sockets;

namespace ManagedLog.Local.Services;

/// <summary>Looks whether ports are free before anything is started.</summary>
internal static class Ports
{
    /// <exception cref="LaunchException">Something listens on one of them.</exception>
    public static void RefuseUsed(IEnumerable<int> ports)
    {
        foreach (var port in ports)
        {
            if (!IsFree(IPAddress.Loopback, port) || (Socket.OSSupportsIPv6 && !IsFree(IPAddress.IPv6Loopback, port)))
                throw new LaunchException($"Port {port} is in use: stop what listens there or choose another with --port.");
        }
    }

    private static bool IsFree(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable)
        {
            // The machine does not have this address, so nobody else uses it either.
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
