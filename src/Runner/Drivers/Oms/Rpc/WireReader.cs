using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>Reads messages that a service has sent, which may be anything. What no field is known for, or comes in a form that is not its field's, is skipped.</summary>
/// <param name="maxResultBytes">Of the JSON that is to be made of them: no more is read than could become so much.</param>
internal sealed class WireReader(long maxResultBytes)
{
    /// <summary>As in Google's own implementations.</summary>
    private const int MaxDepth = 100;

    // Values take much more memory than bytes on the wire: these many, of which a message is worth several.
    private const int MaxValues = 4_000_000, MessageWorth = 4;

    private int left = MaxValues;

    public long MaxResultBytes => maxResultBytes;

    /// <param name="depth">That the message itself lies at, where it came in another one's bytes.</param>
    /// <exception cref="RunFaultException"><c>grpc_bad_message</c> or <c>result_too_large</c>.</exception>
    /// <returns>A message, or bytes where <see cref="WellKnown"/> has it so.</returns>
    public object Read(MessageDescriptor type, ByteString bytes, int depth = 0)
    {
        if (WellKnown.IsText(type))
            return bytes;
        try
        {
            var message = new WireMessage(type);
            Fields(message, bytes.CreateCodedInput(), 0, depth);
            return message;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or DecoderFallbackException)
        {
            throw RpcFaults.BadMessage(type.FullName, e is DecoderFallbackException ? "a string in it is not UTF-8" : e.Message);
        }
    }

    /// <param name="end">The tag that ends it; 0: the end of the input.</param>
    private void Fields(WireMessage message, CodedInputStream input, uint end, int depth)
    {
        if (depth > MaxDepth)
            throw RpcFaults.BadMessage(message.Type.FullName, $"it is more than {MaxDepth} levels deep");
        while (true)
        {
            var tag = input.ReadTag();
            if (tag == end)
                return;
            if (tag == 0)
                throw RpcFaults.BadMessage(message.Type.FullName, "it ends within a group");
            var field = message.Type.FindFieldByNumber(WireFormat.GetTagFieldNumber(tag));
            if (field is null || !Take(message, field, WireFormat.GetTagWireType(tag), input, depth))
                input.SkipLastField();
        }
    }

    private bool Take(WireMessage message, FieldDescriptor field, WireFormat.WireType wire, CodedInputStream input, int depth)
    {
        var isMessage = field.FieldType is FieldType.Message or FieldType.Group;
        if (wire == Wire.Of(field.FieldType) || (isMessage && wire == WireFormat.WireType.StartGroup))
        {
            Add(message, field, wire == WireFormat.WireType.StartGroup, input, depth);
            return true;
        }

        if (wire != WireFormat.WireType.LengthDelimited || !field.IsRepeated || !Wire.IsPackable(field.FieldType))
            return false;
        var packed = input.ReadBytes().CreateCodedInput();
        while (!packed.IsAtEnd)
            Add(message, field, false, packed, depth);
        return true;
    }

    private void Add(WireMessage message, FieldDescriptor field, bool isGroup, CodedInputStream input, int depth)
    {
        // A single message that comes in parts is their sum.
        var part = field.IsRepeated ? null : message[field.FieldNumber];
        object value;
        if (field.FieldType is not (FieldType.Message or FieldType.Group))
        {
            Charge(field.IsRepeated ? 1 : 0);
            value = Wire.Scalars[field.FieldType].Read(input);
        }
        else if (!isGroup && WellKnown.IsText(field.MessageType))
        {
            Charge(MessageWorth);
            value = part is ByteString before ? ByteString.CopyFrom([.. before.Span, .. input.ReadBytes().Span]) : input.ReadBytes();
        }
        else
        {
            Charge(MessageWorth);
            var inner = part as WireMessage ?? new WireMessage(field.MessageType);
            var end = isGroup ? WireFormat.MakeTag(field.FieldNumber, WireFormat.WireType.EndGroup) : 0;
            Fields(inner, isGroup ? input : input.ReadBytes().CreateCodedInput(), end, depth + 1);
            value = inner;
        }

        if (field.IsRepeated)
            message.List(field.FieldNumber).Add(value);
        else
            message.Set(field, value);
    }

    private void Charge(int worth)
    {
        if ((left -= worth) < 0)
            throw RpcFaults.TooManyValues(MaxValues);
    }
}
