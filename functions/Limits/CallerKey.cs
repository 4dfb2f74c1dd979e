using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ManagedLog.Functions.Limits;

/// <summary>By what callers are told apart: by their name, or by their address. Of an IPv6 address its first half counts, because the other half is its owner's to choose.</summary>
internal readonly record struct CallerKey(string? Name, ulong Address)
{
    public static CallerKey Of(string name) => new(name, 0);

    public static CallerKey Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var length))
            return new CallerKey(null, 0);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return new CallerKey(null, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        return address.IsIPv4MappedToIPv6
            ? new CallerKey(null, BinaryPrimitives.ReadUInt32BigEndian(bytes[(length - 4)..]))
            : new CallerKey(null, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }
}
