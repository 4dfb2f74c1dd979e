using System.Buffers;
using System.Text;
using ManagedLog.Functions.Api.V3;

namespace ManagedLog.Functions.Tests.Unit;

public sealed class JsonFramerTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("{}{}", "{}")]
    [InlineData(" {\"a\":1}\r\n{\"b\":[{}]}\n", "{\"b\":[{}]}")]
    [InlineData("{\"a\":\"}{\"}{\"b\":\"\\\"}\"}", "{\"b\":\"\\\"}\"}")]
    [InlineData("{\"a\":\"\\\\\"}[1,[2]]", "[1,[2]]")]
    public void TryTake_HoweverTheStreamIsCut_FindsTheSameDocuments(string stream, params string[] rest)
    {
        var expected = Cut(stream, stream.Length);
        if (rest.Length > 0)
            Assert.Equal(rest[0], expected.Documents[^1]);
        for (var size = 1; size < stream.Length; size++)
        {
            var cut = Cut(stream, size);
            Assert.Equal(expected.Documents, cut.Documents);
            Assert.Equal(expected.End, cut.End);
        }
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":\"}")]
    [InlineData("{\"a\":\"\\\"}")]
    [InlineData("[{}")]
    public void TryTake_WhenTheStreamEndsWithin_IsPartial(string stream)
    {
        var cut = Cut(stream, stream.Length);
        Assert.Empty(cut.Documents);
        Assert.Equal(FrameStatus.Partial, cut.End);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1 ")]
    [InlineData("\"a\"")]
    [InlineData("}")]
    [InlineData(",{}")]
    public void TryTake_WhenNoDocumentBegins_IsMalformed(string stream) => Assert.Equal(FrameStatus.Malformed, Cut(stream, stream.Length).End);

    /// <summary>Gives the framer the stream in pieces of one size, as the pipe does: what is not taken comes again, with more.</summary>
    private static (List<string> Documents, FrameStatus End) Cut(string stream, int size)
    {
        var framer = new JsonFramer();
        var bytes = Encoding.UTF8.GetBytes(stream);
        var documents = new List<string>();
        var taken = 0;
        var status = FrameStatus.None;
        for (var arrived = Math.Min(size, bytes.Length); ; arrived = Math.Min(arrived + size, bytes.Length))
        {
            var buffer = Segments(bytes.AsMemory(taken, arrived - taken), size);
            do
            {
                var before = buffer.Length;
                status = framer.TryTake(ref buffer, out var document);
                taken += (int)(before - buffer.Length);
                if (status == FrameStatus.Document)
                    documents.Add(Encoding.UTF8.GetString(document));
            }
            while (status == FrameStatus.Document);
            if (arrived == bytes.Length || status == FrameStatus.Malformed)
                return (documents, status);
        }
    }

    private static ReadOnlySequence<byte> Segments(ReadOnlyMemory<byte> bytes, int size)
    {
        var first = new Segment(bytes[..Math.Min(size, bytes.Length)], 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
            last = last.Append(bytes.Slice(at, Math.Min(size, bytes.Length - at)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
