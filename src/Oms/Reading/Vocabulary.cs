namespace Platform.Oms.Reading;

/// <summary>The keys of a kind of section, other words for them, and those that are known and do nothing here.</summary>
/// <param name="Synonyms">Accepted with a warning.</param>
/// <param name="Silent">Accepted without one: both are right.</param>
/// <param name="Unsupported">Of the specification or of its history, and left out with a warning.</param>
internal sealed record Vocabulary(
    string Name, string[] Keys, (string Word, string Key)[] Synonyms, (string Word, string Key)[]? Silent = null, string[]? Unsupported = null)
{
    private static readonly (string, string)[] Help = [("description", "help"), ("desc", "help"), ("summary", "help")];

    public static readonly Vocabulary Root = new(
        "a description", ["oms", "info", "lifecycle", "actions", "environment", "volumes", "forwards", "health", "rpc"],
        [("commands", "actions"), ("env", "environment"), ("variables", "environment"), ("volume", "volumes"), ("forward", "forwards"), ("expose", "forwards")],
        [("omg", "oms")], ["metrics", "scale", "auth", "authentication", "system", "requirements"]);

    public static readonly Vocabulary Info = new("info", ["title", "version", "description", "contact", "license"], [("name", "title"), ("summary", "description")]);

    public static readonly Vocabulary Lifecycle = new("lifecycle", ["startup", "shutdown"], [("start", "startup"), ("stop", "shutdown")]);

    public static readonly Vocabulary Stage = new("a stage of the lifecycle", ["command", "timeout"], [("run", "command")]);

    public static readonly Vocabulary Health = new("health", ["http", "port", "path", "method"], []);

    public static readonly Vocabulary Variable = new(
        "a variable", ["type", "pattern", "required", "default", "sensitive", "deprecated", "help"],
        [.. Help, ("secret", "sensitive"), ("value", "default"), ("regex", "pattern")]);

    public static readonly Vocabulary Volume = new("a volume", ["target", "persist", "help"], [.. Help, ("path", "target"), ("mount", "target")]);

    public static readonly Vocabulary Forward = new("a forward", ["help", "http", "port", "path"], Help);

    public static readonly Vocabulary Action = new(
        "an action", ["help", "deprecated", "arguments", "output", "http", "format", "command", "run", "rpc", "events", "retry"],
        [.. Help, ("args", "arguments"), ("parameters", "arguments"), ("params", "arguments"), ("returns", "output"), ("grpc", "rpc"), ("event", "events")]);

    public static readonly Vocabulary Argument = new(
        "an argument",
        ["type", "in", "required", "default", "enum", "pattern", "range", "list", "map", "elements", "properties", "help", "deprecated", "sensitive"],
        [.. Help, ("values", "enum"), ("options", "enum"), ("choices", "enum"), ("regex", "pattern"), ("secret", "sensitive"), ("items", "elements"), ("fields", "properties")],
        Unsupported: ["variadic"]);

    public static readonly Vocabulary Output = new(
        "an output", ["type", "contentType", "properties", "list", "map", "elements", "help"], [.. Help, ("items", "elements"), ("fields", "properties")],
        Unsupported: ["actions", "commands"]);

    public static readonly Vocabulary Nested = new("a list or map", ["elements", "keys", "values", "type"], [("items", "elements")]);

    public static readonly Vocabulary Range = new("a range", ["min", "max"], [("minimum", "min"), ("maximum", "max"), ("from", "min"), ("to", "max")]);

    public static readonly Vocabulary Http = new(
        "http", ["method", "port", "path", "url", "contentType", "subscribe", "unsubscribe"], [("verb", "method"), ("type", "contentType")]);

    public static readonly Vocabulary Command = new("a command", ["command", "port"], [("cmd", "command")]);

    public static readonly Vocabulary Rpc = new("rpc", ["port", "framework", "client", "method", "ca", "proto"], [("server", "framework")]);

    public static readonly Vocabulary Framework = new("a framework", ["grpc"], []);

    public static readonly Vocabulary Grpc = new("grpc", ["version", "proto"], []);

    public static readonly Vocabulary Proto = new("proto", ["path"], [("url", "path"), ("uri", "path"), ("file", "path")]);

    public static readonly Vocabulary Client = new("a client", ["endpoint", "port", "tls", "ca"], [("host", "endpoint"), ("address", "endpoint")]);

    public static readonly Vocabulary Tls = new("tls", ["ca", "enabled"], []);

    public static readonly Vocabulary Event = new("an event", ["help", "arguments", "output", "http", "deprecated"], [.. Help, ("args", "arguments"), ("params", "arguments")]);
}
