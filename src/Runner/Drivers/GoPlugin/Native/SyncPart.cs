using System.Text;
using Google.Protobuf;
using Platform.Connector.V1;

namespace Platform.Runner.Drivers.GoPlugin.Native;

/// <summary>
/// A <see cref="SyncMessage"/> as it came: a page as where its objects lie in the received bytes, which have the wire form that Ingest takes;
/// anything else decoded.
/// </summary>
/// <param name="Message">Null for a page.</param>
/// <param name="Upserts">Each a <c>platform.objects.v1.ObjectPage</c>; more than one where the connector's library split it.</param>
internal sealed record SyncPart(
    SyncMessage? Message, string Stream, IReadOnlyList<ReadOnlyMemory<byte>> Upserts, IReadOnlyList<ReadOnlyMemory<byte>> Deletes)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <exception cref="RunFaultException">protocol_violation.</exception>
    public static SyncPart Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var (last, page) = (0, ReadOnlyMemory<byte>.Empty);
            for (var fields = new WireFields(bytes); fields.Next();)
                (last, page) = (fields.Number, fields.Value);
            return last == SyncMessage.PageFieldNumber ? ReadPage(page) : new(SyncMessage.Parser.ParseFrom(bytes.Span), "", [], []);
        }
        catch (Exception e) when (e is FormatException or InvalidProtocolBufferException or DecoderFallbackException)
        {
            throw Faults.ProtocolViolation($"it sent a message that can't be read: {e.Message}");
        }
    }

    private static SyncPart ReadPage(ReadOnlyMemory<byte> bytes)
    {
        var stream = "";
        List<ReadOnlyMemory<byte>> upserts = [], deletes = [];
        for (var fields = new WireFields(bytes); fields.Next();)
        {
            switch (fields.Number)
            {
                case Page.StreamFieldNumber:
                    stream = StrictUtf8.GetString(fields.Value.Span);
                    break;
                case Page.UpsertsFieldNumber when fields.Value.Length > 0:
                    upserts.Add(fields.Value);
                    break;
                case Page.DeletesFieldNumber when fields.Value.Length > 0:
                    deletes.Add(fields.Value);
                    break;
            }
        }

        return new(null, stream, upserts, deletes);
    }
}
