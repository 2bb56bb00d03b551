using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

// What some files, and all that they import, define.
public class SymbolRegistry
{
    private readonly Dictionary<string, FileDescriptor> files = [];
    private readonly Dictionary<string, FileDescriptor> symbols = [];
    private readonly HashSet<string> messages = [];
    private readonly Dictionary<string, SortedList<int, FileDescriptor>> extensions = [];

    private SymbolRegistry()
    {
    }

    public static SymbolRegistry FromFiles(IEnumerable<FileDescriptor> fileDescriptors)
    {
        ArgumentNullException.ThrowIfNull(fileDescriptors);
        var registry = new SymbolRegistry();
        foreach (var file in fileDescriptors)
            registry.Add(file);

        return registry;
    }

    // Null: there is none.
    public FileDescriptor? FileByName(string filename) => files.GetValueOrDefault(filename);

    // symbol: the full name of a message, field, enum, service, method or extension. Null: there is none.
    public FileDescriptor? FileContainingSymbol(string symbol) => symbols.GetValueOrDefault(symbol);

    internal FileDescriptor? FileContainingExtension(string type, int number) => extensions.GetValueOrDefault(type)?.GetValueOrDefault(number);

    // Null: no such message is known.
    internal IEnumerable<int>? ExtensionNumbers(string type) =>
        extensions.TryGetValue(type, out var known) ? known.Keys : messages.Contains(type) ? [] : null;

    private void Add(FileDescriptor file)
    {
        if (!files.TryAdd(file.Name, file))
            return;

        foreach (var dependency in file.Dependencies)
            Add(dependency);

        foreach (var message in file.MessageTypes)
            Add(message);

        foreach (var enumeration in file.EnumTypes)
            symbols[enumeration.FullName] = file;

        foreach (var service in file.Services)
        {
            symbols[service.FullName] = file;
            foreach (var method in service.Methods)
                symbols[method.FullName] = file;
        }

        Add(file.Extensions);
    }

    private void Add(MessageDescriptor message)
    {
        messages.Add(message.FullName);
        symbols[message.FullName] = message.File;
        foreach (var field in message.Fields.InDeclarationOrder())
            symbols[field.FullName] = message.File;

        foreach (var nested in message.NestedTypes)
            Add(nested);

        foreach (var enumeration in message.EnumTypes)
            symbols[enumeration.FullName] = message.File;

        Add(message.Extensions);
    }

    private void Add(ExtensionCollection added)
    {
        foreach (var extension in added.UnorderedExtensions)
        {
            symbols[extension.FullName] = extension.File;
            if (!extensions.TryGetValue(extension.ExtendeeType.FullName, out var known))
                extensions[extension.ExtendeeType.FullName] = known = [];

            known[extension.FieldNumber] = extension.File;
        }
    }
}
