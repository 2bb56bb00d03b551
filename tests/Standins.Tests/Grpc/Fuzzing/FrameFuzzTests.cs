using System.IO.Compression;
using System.IO.Pipelines;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Compression;

namespace Platform.Standins.Tests.Grpc.Fuzzing;

public sealed class FrameFuzzTests
{
    private static readonly GzipCompressionProvider Gzip = new(CompressionLevel.Fastest);
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(value => value, value => value);

    [Fact]
    public void The_frame_reader_gives_what_the_protocol_asks_for_whatever_it_is_fed() =>
        Fuzz.Run(60_000, FrameBytes.Generator, input =>
        {
            var (messages, status) = Read(input);
            var (expectedMessages, expectedStatuses) = input.Expected();
            return expectedStatuses.Contains(status) && messages.Select(Convert.ToHexString).SequenceEqual(expectedMessages.Select(Convert.ToHexString));
        });

    [Fact]
    public void Messages_written_are_the_messages_read()
    {
        var input = from messages in Gen.ListOf(Gen.Frequency((9, Fuzz.Bytes(300)), (1, Fuzz.Bytes(300).Select(some => Enumerable.Repeat(some, 80).SelectMany(part => part).ToArray()))), 4)
                    from pieces in Gen.NonEmptyListOf(Gen.Choose(1, 5000))
                    from buffered in Gen.Elements(true, false)
                    from packed in Gen.Elements(true, false)
                    select (Messages: messages.ToArray(), Pieces: pieces.ToArray(), buffered, packed);
        Fuzz.Run(20_000, input, value =>
        {
            using var body = new MemoryStream();
            foreach (var message in value.Messages)
            {
                using var outgoing = OutgoingMessage.Serialize(message, value.buffered ? Buffered : Bytes, null, value.packed ? stream => Gzip.CreateCompressionStream(stream, null) : null);
                Assert.True(outgoing.WriteToAsync(body, CancellationToken.None).IsCompletedSuccessfully);
            }

            var (messages, status) = Read(new FrameBytes(body.ToArray(), value.Pieces, value.packed, 4_000_000));
            return status is null && messages.Select(Convert.ToHexString).SequenceEqual(value.Messages.Select(Convert.ToHexString));
        });
    }

    [Fact]
    public void A_packed_message_that_lost_its_end_is_broken()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write("a message of some length, so that its pieces differ"u8);

        // Nothing at all passes for an empty message, as it does in the official package.
        for (var length = 1; length < packed.Length; length++)
        {
            var (messages, status) = Read(new FrameBytes(RawRequest.Frame(packed.ToArray()[..length], compressed: true), [7], true, 4_000_000));
            Assert.True(messages.Count == 0 && status == StatusCode.Internal, $"{length} of {packed.Length} bytes: {messages.Count} messages, {status}");
        }
    }

    // Writes in steps through the buffer writer, as generated code does.
    private static Marshaller<byte[]> Buffered { get; } = Marshallers.Create<byte[]>(
        (value, context) =>
        {
            var writer = context.GetBufferWriter();
            foreach (var part in value.Chunk(100))
            {
                part.CopyTo(writer.GetSpan(part.Length));
                writer.Advance(part.Length);
            }

            context.Complete();
        },
        context => context.PayloadAsNewBuffer());

    private static (List<byte[]> Messages, StatusCode? Status) Read(FrameBytes input)
    {
        var reader = new MessageReader(PipeReader.Create(new PiecewiseStream(input.Bytes, input.Pieces)), input.Limit, input.Gzip ? Gzip.CreateDecompressionStream : null);
        var messages = new List<byte[]>();
        try
        {
            while (true)
            {
                var read = reader.ReadAsync(Bytes, CancellationToken.None);
                Assert.True(read.IsCompleted, "Nothing here can be waited for.");
                var received = read.GetAwaiter().GetResult();
                if (!received.Any)
                    return (messages, null);

                messages.Add(received.Message);
            }
        }
        catch (RpcException exception)
        {
            return (messages, exception.StatusCode);
        }
    }
}
