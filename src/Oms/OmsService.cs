namespace Platform.Oms;

/// <summary>
/// What an <c>oms.yml</c> or <c>microservice.yml</c> says of a service, made regular: synonyms, older shapes and misspellings are resolved by whoever
/// reads it, and named among the warnings. Open Microservice Specification, openmicroservices.org.
/// </summary>
/// <param name="Warnings">In the order of the file; a service without any is clean.</param>
public sealed record OmsService(
    OmsInfo Info, OmsLifecycle Lifecycle, OmsHealth? Health, IReadOnlyList<OmsVariable> Environment, IReadOnlyList<OmsVolume> Volumes,
    IReadOnlyList<OmsForward> Forwards, IReadOnlyList<OmsAction> Actions, IReadOnlyList<OmsEvent> Events, IReadOnlyList<OmsWarning> Warnings);

/// <summary>Empty texts: not said.</summary>
public sealed record OmsInfo(string Title = "", string Version = "", string Description = "");

/// <param name="Startup">As argv; null: none, and a container is then kept alive by the platform so that commands can be executed in it.</param>
/// <param name="Shutdown">As argv, run in the service before it is ended; null: none, it is told by a signal.</param>
/// <param name="ShutdownSeconds">That the shutdown command may take; 300 where the file doesn't say.</param>
public sealed record OmsLifecycle(IReadOnlyList<string>? Startup = null, IReadOnlyList<string>? Shutdown = null, int ShutdownSeconds = 300);

/// <summary>A GET that is answered by 2xx or 3xx once the service is ready.</summary>
public sealed record OmsHealth(int Port, string Path);

/// <param name="Name">As declared; delivered upper case, and as declared too where that differs.</param>
/// <param name="Type">One of <see cref="OmsTypes"/>.</param>
/// <param name="Default">Null: none.</param>
/// <param name="Pattern">That the whole of the text has to match somewhere; null: any.</param>
public sealed record OmsVariable(
    string Name, string Type, bool Required, string? Default, string? Pattern, bool Sensitive, bool Deprecated, string Help);

/// <param name="Persist">It outlives the container.</param>
public sealed record OmsVolume(string Name, string Target, bool Persist);

/// <summary>A port that the service wants the public to reach; shown, and not opened by this platform.</summary>
public sealed record OmsForward(string Name, int Port, string Path, string Help);

/// <param name="Interface">Null: the action can't be executed, and <paramref name="Unusable"/> says why.</param>
/// <param name="Unusable">Why this one action is left out; null: it can be used.</param>
/// <param name="Retry">False: a transient failure is not tried again, as a POST that timed out may have happened (our addition: <c>retry: false</c>).</param>
public sealed record OmsAction(
    string Name, string Help, bool Deprecated, IReadOnlyList<OmsArgument> Arguments, OmsOutput Output, OmsInterface? Interface, string? Unusable = null,
    bool Retry = true);

public abstract record OmsInterface;

/// <param name="Method">Upper case: GET, POST, PUT, DELETE or PATCH.</param>
/// <param name="Port">Of the service; null exactly when there is a <paramref name="Url"/>.</param>
/// <param name="Path">With <c>{name}</c> for path arguments, one pair of braces; begins with a slash. Empty when there is a <paramref name="Url"/>.</param>
/// <param name="Url">Absolute, of something outside the service; the same braces.</param>
/// <param name="ContentType">Of a body, one of the constants here.</param>
public sealed record OmsHttp(string Method, int? Port, string Path, string? Url, string ContentType) : OmsInterface
{
    public const string Json = "application/json";
    public const string UrlEncoded = "application/x-www-form-urlencoded";
    public const string Multipart = "multipart/form-data";
    public const string OctetStream = "application/octet-stream";
}

/// <param name="Argv">Without the arguments, which are one more word: a JSON object. For an action without declared arguments there is no such word.</param>
/// <param name="Template">
/// The words have <c>{name}</c> for arguments, an older shape, and no JSON is added. <see cref="CommandWords"/> makes the whole of either.
/// </param>
public sealed record OmsCommand(IReadOnlyList<string> Argv, bool Template = false) : OmsInterface;

/// <param name="ProtoUri">Where the .proto is: relative to the file, or a URI; null: the server is asked by reflection.</param>
/// <param name="Endpoint">A host; null: the service itself.</param>
/// <param name="Method">Our addition to the format: <c>package.Service/Method</c>, <c>Service/Method</c> or <c>Method</c>; null: the one named like the action.</param>
/// <param name="CaFile">PEM, relative to the file; null: the roots of the system.</param>
public sealed record OmsRpc(string? ProtoUri, string? Endpoint, int Port, bool Tls, string? CaFile, string? Method) : OmsInterface;

/// <summary>Where an argument goes in an HTTP request.</summary>
public enum OmsIn
{
    Query,
    Path,
    RequestBody,
    Header,
}

/// <summary>A value: an argument, an element of a list, a property of an object.</summary>
/// <param name="Name">Empty for elements, keys and values.</param>
/// <param name="Type">One of <see cref="OmsTypes"/>; what the file calls otherwise is <c>any</c>, with a warning.</param>
/// <param name="In">For arguments of an HTTP interface alone; else null.</param>
/// <param name="Default">JSON; null: none. Then the argument is not required, whatever the file says.</param>
/// <param name="Enum">JSON values; null: any.</param>
/// <param name="Min">Inclusive; null: none.</param>
/// <param name="Max">Inclusive; null: none.</param>
/// <param name="Elements">Of a list, or the values of a map; null: anything.</param>
/// <param name="Properties">Of an object; null: anything.</param>
public sealed record OmsArgument(
    string Name, string Type, bool Required = false, OmsIn? In = null, string? Default = null, IReadOnlyList<string>? Enum = null, string? Pattern = null,
    double? Min = null, double? Max = null, OmsArgument? Elements = null, IReadOnlyList<OmsArgument>? Properties = null, string Help = "",
    bool Deprecated = false, bool Sensitive = false);

/// <param name="Type">One of <see cref="OmsTypes"/>, or <see cref="OmsTypes.None"/>.</param>
/// <param name="ContentType">Empty: not said.</param>
public sealed record OmsOutput(
    string Type = OmsTypes.Any, string ContentType = "", OmsArgument? Elements = null, IReadOnlyList<OmsArgument>? Properties = null, string Help = "");

/// <summary>The types of the specification, and those of its history that mean something of their own.</summary>
public static class OmsTypes
{
    public const string Int = "int";
    public const string Float = "float";
    public const string String = "string";
    public const string Boolean = "boolean";
    public const string List = "list";
    public const string Map = "map";
    public const string Object = "object";
    public const string Any = "any";
    /// <summary>Outputs only: what comes is not looked at.</summary>
    public const string None = "none";
    /// <summary>Text whose bytes are a part of their own in a multipart body; as an argument base64.</summary>
    public const string File = "file";
}

/// <summary>Something that a service publishes to who subscribes.</summary>
/// <param name="Arguments">Of the subscription; they go into its <c>data</c>.</param>
/// <param name="Unsubscribe">Null: the service has no way to end a subscription but its own end.</param>
/// <param name="Unusable">As of an action.</param>
/// <param name="Action">That it stands under; two actions may have an event of the same name.</param>
public sealed record OmsEvent(
    string Name, string Help, IReadOnlyList<OmsArgument> Arguments, OmsOutput Output, OmsHttp? Subscribe, OmsHttp? Unsubscribe, string? Unusable = null,
    string Action = "");

/// <param name="Line">From 1; 0: the file as a whole.</param>
/// <param name="Column">From 1; 0: the file as a whole.</param>
/// <param name="Code">Stable, such as <c>unknown_key</c>.</param>
/// <param name="Path">Where in the document, such as <c>actions.convert.http.method</c>.</param>
public sealed record OmsWarning(int Line, int Column, string Code, string Path, string Message);
