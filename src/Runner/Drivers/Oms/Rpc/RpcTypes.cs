using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// The messages and methods that a service's descriptors tell of. Descriptors are a stranger's: their size is bounded, and what claims to be one of Google's
/// own types has to look like it.
/// </summary>
internal sealed class RpcTypes
{
    public const int MaxBytes = 4 << 20;
    private const int MaxFiles = 1000;

    private static readonly IReadOnlyList<FileDescriptor> Google =
    [
        AnyReflection.Descriptor, DurationReflection.Descriptor, EmptyReflection.Descriptor, FieldMaskReflection.Descriptor, StructReflection.Descriptor,
        TimestampReflection.Descriptor, WrappersReflection.Descriptor, SourceContextReflection.Descriptor, TypeReflection.Descriptor, ApiReflection.Descriptor,
    ];

    private readonly Dictionary<string, MessageDescriptor> messages = [];
    private readonly HashSet<string> closed = [];
    private readonly HashSet<FieldDescriptor> groups = [];
    private readonly ConcurrentDictionary<MessageDescriptor, Dictionary<string, FieldDescriptor>> fields = new();

    private RpcTypes(IReadOnlyList<FileDescriptorProto> files)
    {
        // Enums of proto2 hold what they list, those of proto3 any number.
        closed.UnionWith(files.Where(f => f.Syntax is "" or "proto2").Select(f => f.Name));
        var built = FileDescriptor.BuildFromByteStrings(files.Select(f => f.ToByteString()));
        foreach (var type in built.Concat(Google).SelectMany(f => f.MessageTypes))
            Add(type);
        // Made at first use, of what else is not checked.
        foreach (var file in built)
            _ = (file.MessageTypes.FirstOrDefault() as DescriptorBase ?? file.EnumTypes.FirstOrDefault())?.Declaration;
        Methods = [.. built.SelectMany(f => f.Services).SelectMany(s => s.Methods)];
    }

    public IReadOnlyList<MethodDescriptor> Methods { get; }

    /// <summary>By both names that JSON may give them.</summary>
    public IReadOnlyDictionary<string, FieldDescriptor> FieldsOf(MessageDescriptor type) => fields.GetOrAdd(type, key =>
    {
        Dictionary<string, FieldDescriptor> byName = [];
        foreach (var field in key.Fields.InDeclarationOrder())
            byName[field.Name] = field;
        foreach (var field in key.Fields.InDeclarationOrder())
            byName[field.JsonName] = field;
        return byName;
    });

    public bool IsClosed(EnumDescriptor type) => closed.Contains(type.File.Name);

    /// <summary>A file that need not be told.</summary>
    public static bool IsGoogles(string file) => Google.Any(g => g.Name == file);

    /// <summary>The library does not tell them from messages.</summary>
    public bool IsGroup(FieldDescriptor field) => groups.Contains(field);

    /// <param name="url">As an Any has it: what follows the last slash is the name.</param>
    public MessageDescriptor? Find(string url) => messages.GetValueOrDefault(url[(url.LastIndexOf('/') + 1)..]);

    /// <param name="set">A FileDescriptorSet.</param>
    /// <exception cref="RunFaultException"><c>bad_descriptors</c>.</exception>
    public static RpcTypes Read(ReadOnlySpan<byte> set)
    {
        if (set.Length > MaxBytes)
            throw RpcFaults.BadDescriptors($"they are larger than {MaxBytes} bytes");
        FileDescriptorSet files;
        try
        {
            files = FileDescriptorSet.Parser.ParseFrom(set);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw RpcFaults.BadDescriptors($"they can't be read: {e.Message}");
        }

        return Build(files.File);
    }

    /// <param name="files">In any order; Google's own may be left out.</param>
    /// <exception cref="RunFaultException"><c>bad_descriptors</c>.</exception>
    public static RpcTypes Build(IReadOnlyCollection<FileDescriptorProto> files)
    {
        if (files.Count > MaxFiles)
            throw RpcFaults.BadDescriptors($"there are more than {MaxFiles} files");
        if (files.FirstOrDefault(f => f.Syntax is not ("" or "proto2" or "proto3")) is { } newer)
            throw RpcFaults.BadDescriptors($"{newer.Name} is written in {newer.Syntax}; proto2 and proto3 can be read");
        try
        {
            return new RpcTypes(Sorted(files));
        }
        // Of bytes that anybody may have written the library throws whatever happens to it.
        catch (Exception e) when (e is not (RunFaultException or OutOfMemoryException))
        {
            throw RpcFaults.BadDescriptors(e.Message);
        }
    }

    /// <summary>Each after those that it imports.</summary>
    private static List<FileDescriptorProto> Sorted(IReadOnlyCollection<FileDescriptorProto> files)
    {
        Dictionary<string, FileDescriptorProto> byName = [];
        foreach (var file in files)
        {
            if (!byName.TryAdd(file.Name, file))
                throw RpcFaults.BadDescriptors($"the file {file.Name} is there twice");
        }

        List<FileDescriptorProto> sorted = [];
        Dictionary<string, bool> done = [];
        foreach (var file in files)
            Visit(file);
        return sorted;

        void Visit(FileDescriptorProto file)
        {
            if (done.TryGetValue(file.Name, out var isDone))
            {
                if (!isDone)
                    throw RpcFaults.BadDescriptors($"the file {file.Name} imports itself");
                return;
            }

            done[file.Name] = false;
            foreach (var name in file.Dependency)
            {
                Visit(byName.GetValueOrDefault(name) ?? Google.FirstOrDefault(g => g.Name == name)?.ToProto()
                    ?? throw RpcFaults.BadDescriptors($"{file.Name} imports {name}, which is missing"));
            }

            done[file.Name] = true;
            sorted.Add(file);
        }
    }

    private void Add(MessageDescriptor type)
    {
        // Google's own come last, and are there only in case that the service has them not.
        if (!messages.TryAdd(type.FullName, type))
            return;
        if (Google.SelectMany(f => f.MessageTypes).FirstOrDefault(t => t.FullName == type.FullName) is { } known && Shape(known) != Shape(type))
            throw RpcFaults.BadDescriptors($"its {type.FullName} is not Google's");
        groups.UnionWith(type.Fields.InDeclarationOrder().Where(f => f.ToProto().Type == FieldDescriptorProto.Types.Type.Group));
        foreach (var nested in type.NestedTypes)
            Add(nested);
    }

    private static string Shape(MessageDescriptor type) => string.Join(',', type.Fields.InFieldNumberOrder().Select(f =>
        $"{f.FieldNumber}:{f.FieldType}:{f.IsRepeated}:{(f.FieldType == FieldType.Message ? f.MessageType.FullName + (f.IsMap ? Shape(f.MessageType) : "") : "")}"));
}
