using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// A message whose type is known at run time alone, as its fields' values by number: the scalars as .NET has them, bytes as <see cref="ByteString"/>, enums as
/// int, messages, and lists of these for what is repeated; a map is a list of its entries. Some of Google's own messages stay bytes, see <see cref="WellKnown"/>.
/// </summary>
internal sealed class WireMessage(MessageDescriptor type)
{
    private readonly Dictionary<int, object> values = [];

    public MessageDescriptor Type => type;

    /// <summary>It lies between tags and not behind its length, as proto2's groups do.</summary>
    public bool IsGroup { get; set; }

    public object? this[int number] => values.GetValueOrDefault(number);

    /// <summary>Of a oneof the last one that is set stays.</summary>
    public void Set(FieldDescriptor field, object value)
    {
        foreach (var other in field.RealContainingOneof?.Fields ?? [])
            values.Remove(other.FieldNumber);
        values[field.FieldNumber] = value;
    }

    /// <summary>For the well-known types, whose shape is checked.</summary>
    public WireMessage With(int number, object value)
    {
        Set(type.FindFieldByNumber(number), value);
        return this;
    }

    public List<object> List(int number)
    {
        if (!values.TryGetValue(number, out var list))
            values[number] = list = new List<object>();
        return (List<object>)list;
    }

    public void Write(CodedOutputStream output)
    {
        foreach (var field in type.Fields.InFieldNumberOrder().Where(f => values.ContainsKey(f.FieldNumber)))
        {
            if (values[field.FieldNumber] is not List<object> list)
                Wire.Write(output, field, values[field.FieldNumber]);
            else if (!field.IsPacked || !Wire.IsPackable(field.FieldType))
                list.ForEach(item => Wire.Write(output, field, item));
            else
            {
                output.WriteTag(field.FieldNumber, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(Wire.Packed(field.FieldType, list));
            }
        }
    }
}

/// <summary>How values of each type lie on the wire.</summary>
internal static class Wire
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static readonly Dictionary<FieldType, Scalar> Scalars = new()
    {
        [FieldType.Double] = new(WireFormat.WireType.Fixed64, 0d, i => i.ReadDouble(), (o, v) => o.WriteDouble((double)v)),
        [FieldType.Float] = new(WireFormat.WireType.Fixed32, 0f, i => i.ReadFloat(), (o, v) => o.WriteFloat((float)v)),
        [FieldType.Int64] = new(WireFormat.WireType.Varint, 0L, i => i.ReadInt64(), (o, v) => o.WriteInt64((long)v)),
        [FieldType.UInt64] = new(WireFormat.WireType.Varint, 0UL, i => i.ReadUInt64(), (o, v) => o.WriteUInt64((ulong)v)),
        [FieldType.Int32] = new(WireFormat.WireType.Varint, 0, i => i.ReadInt32(), (o, v) => o.WriteInt32((int)v)),
        [FieldType.Fixed64] = new(WireFormat.WireType.Fixed64, 0UL, i => i.ReadFixed64(), (o, v) => o.WriteFixed64((ulong)v)),
        [FieldType.Fixed32] = new(WireFormat.WireType.Fixed32, 0u, i => i.ReadFixed32(), (o, v) => o.WriteFixed32((uint)v)),
        [FieldType.Bool] = new(WireFormat.WireType.Varint, false, i => i.ReadBool(), (o, v) => o.WriteBool((bool)v)),
        [FieldType.String] = new(WireFormat.WireType.LengthDelimited, "", i => Strict.GetString(i.ReadBytes().Span), (o, v) => o.WriteString((string)v)),
        [FieldType.Bytes] = new(WireFormat.WireType.LengthDelimited, ByteString.Empty, i => i.ReadBytes(), (o, v) => o.WriteBytes((ByteString)v)),
        [FieldType.UInt32] = new(WireFormat.WireType.Varint, 0u, i => i.ReadUInt32(), (o, v) => o.WriteUInt32((uint)v)),
        [FieldType.SFixed32] = new(WireFormat.WireType.Fixed32, 0, i => i.ReadSFixed32(), (o, v) => o.WriteSFixed32((int)v)),
        [FieldType.SFixed64] = new(WireFormat.WireType.Fixed64, 0L, i => i.ReadSFixed64(), (o, v) => o.WriteSFixed64((long)v)),
        [FieldType.SInt32] = new(WireFormat.WireType.Varint, 0, i => i.ReadSInt32(), (o, v) => o.WriteSInt32((int)v)),
        [FieldType.SInt64] = new(WireFormat.WireType.Varint, 0L, i => i.ReadSInt64(), (o, v) => o.WriteSInt64((long)v)),
        [FieldType.Enum] = new(WireFormat.WireType.Varint, 0, i => i.ReadEnum(), (o, v) => o.WriteEnum((int)v)),
    };

    /// <param name="Zero">What an absent one stands for.</param>
    internal sealed record Scalar(WireFormat.WireType Wire, object Zero, Func<CodedInputStream, object> Read, Action<CodedOutputStream, object> Write);

    public static bool IsPackable(FieldType type) => Scalars.TryGetValue(type, out var scalar) && scalar.Wire != WireFormat.WireType.LengthDelimited;

    public static WireFormat.WireType Of(FieldType type) => Scalars.TryGetValue(type, out var scalar) ? scalar.Wire : WireFormat.WireType.LengthDelimited;

    /// <summary>What an absent field without presence, or half of a map's entry, stands for.</summary>
    public static object Default(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Enum => field.EnumType.Values[0].Number,
        FieldType.Message when WellKnown.IsText(field.MessageType) => ByteString.Empty,
        FieldType.Message or FieldType.Group => new WireMessage(field.MessageType),
        var type => Scalars[type].Zero,
    };

    public static void Write(CodedOutputStream output, FieldDescriptor field, object value)
    {
        if (value is WireMessage { IsGroup: true } group)
        {
            output.WriteTag(field.FieldNumber, WireFormat.WireType.StartGroup);
            group.Write(output);
            output.WriteTag(field.FieldNumber, WireFormat.WireType.EndGroup);
            return;
        }

        output.WriteTag(field.FieldNumber, Of(field.FieldType));
        if (Scalars.TryGetValue(field.FieldType, out var scalar))
            scalar.Write(output, value);
        else
            output.WriteBytes(Bytes(value));
    }

    /// <param name="message">A message, or the bytes of one.</param>
    public static ByteString Bytes(object message) => message as ByteString ?? Bytes(((WireMessage)message).Write);

    public static ByteString Packed(FieldType type, List<object> values) => Bytes(output => values.ForEach(value => Scalars[type].Write(output, value)));

    private static ByteString Bytes(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
            write(output);
        return UnsafeByteOperations.UnsafeWrap(memory.ToArray());
    }
}
