using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry;

/// <summary>Every problem that this service names itself. Codes are part of the API: never renamed, never reused.</summary>
internal static class Errors
{
    public static readonly IReadOnlyDictionary<string, (int Status, string Title)> Table = new Dictionary<string, (int, string)>
    {
        ["malformed_json"] = (400, "The JSON could not be read"),
        ["body_too_large"] = (413, "The request body is too large"),
        ["invalid_manifest"] = (422, "The manifest has errors"),
        ["manifest_unreachable"] = (422, "The manifest could not be fetched"),
        ["catalog_index_invalid"] = (422, "The index is not one"),
        ["catalog_index_unreadable"] = (422, "The index could not be read"),
        ["unknown_catalog_entry"] = (404, "The catalog has no such connector"),
        ["invalid_lock"] = (422, "The lock file has errors"),
        ["unknown_connector"] = (404, "There is no such connector"),
        ["unknown_install"] = (404, "There is no such install"),
        ["install_running"] = (409, "An install of this connector is still going on"),
        ["install_finished"] = (409, "The install has ended"),
        ["unknown_version"] = (404, "The connector has no such version"),
        ["version_not_ready"] = (409, "The version can't be used"),
        ["no_earlier_version"] = (409, "There is no earlier version"),
        ["version_in_use"] = (409, "The version is in use"),
        ["connector_in_use"] = (409, "The connector is in use"),
        ["invalid_rollback"] = (422, "The request has errors"),
        ["runner_unavailable"] = (503, "Runner does not answer"),
        ["unknown_connection"] = (404, "There is no such connection"),
        ["invalid_connection"] = (422, "The connection has errors"),
        ["invalid_options"] = (422, "The options have errors"),
        ["etag_mismatch"] = (412, "It has changed meanwhile"),
        ["if_match_required"] = (428, "The change needs a condition"),
        ["connection_exists"] = (409, "A connection of this name exists"),
        ["options_too_large"] = (413, "The options are too large"),
        ["connector_not_installed"] = (409, "The connector has no installed version"),
        ["options_unreadable"] = (500, "The options could not be decrypted"),
    };

    /// <param name="what">The document, such as "The body"; never its text.</param>
    public static ProblemException MalformedJson(string what, string fault, long line, long position) => Make("malformed_json",
        $"{what} {fault}: line {line}, byte {position} cannot be read.", "Correct the JSON at that position and send it again.",
        extensions: new Dictionary<string, object?> { ["line"] = line, ["byte_position"] = position });

    public static ProblemException BodyTooLarge(int limit) => Make("body_too_large",
        $"The body may have at most {limit} bytes.", "Send a smaller body.");

    public static ProblemException InvalidManifest(IReadOnlyList<FieldError> errors) => Make("invalid_manifest",
        $"The manifest has {Count(errors)}.", "Correct every field named under errors and send the manifest again.", errors);

    public static ProblemException ManifestUnreachable(string url, string why) => Make("manifest_unreachable",
        $"Fetching {url} failed: {why}", "Check the URL, or send the manifest itself as the body.");

    public static ProblemException CatalogIndexInvalid(string source, string why) => Make("catalog_index_invalid",
        $"The index {source} can't be used: {why}.", "Correct the document, or the setting Catalog:Sources.");

    public static ProblemException CatalogIndexUnreadable(string path, string why) => Make("catalog_index_unreadable",
        $"The index {path} could not be read: {why}", "Check the path and its rights, or the setting Catalog:Sources.");

    /// <param name="broken">Indexes that could not be read when they were tried last.</param>
    /// <param name="listed">What there is instead.</param>
    public static ProblemException UnknownCatalogEntry(string name, string? version, IReadOnlyList<string> broken, IReadOnlyList<string> listed)
    {
        const int shown = 20;
        // What is alike comes first: typing errors are the usual reason.
        var alike = listed.OrderByDescending(other => other.Zip(name).TakeWhile(pair => pair.First == pair.Second).Count()).ThenBy(other => other, StringComparer.Ordinal);
        return Make("unknown_catalog_entry",
            $"No index lists '{name}'{(version is null ? "" : $" in version {version}")}{(broken.Count == 0 ? "" : $"; not all could be read: {string.Join(", ", broken)}")}.",
            listed.Count == 0
                ? "Nothing is listed: see GET /v1/catalog for the indexes, or install from a manifest."
                : $"Listed are: {string.Join(", ", alike.Take(shown))}{(listed.Count > shown ? $" and {listed.Count - shown} more, see GET /v1/catalog" : "")}.");
    }

    public static ProblemException InvalidLock(IReadOnlyList<FieldError> errors) => Make("invalid_lock",
        $"The lock file has {Count(errors)}.", "Send a document as GET /v1/lock gives it; nothing was installed.", errors);

    public static ProblemException UnknownConnector(string name) => Make("unknown_connector",
        $"No connector is named '{name}'.", "List the connectors with GET /v1/connectors, or install it with POST /v1/connectors.");

    public static ProblemException UnknownInstall(string id) => Make("unknown_install",
        $"No install has the id '{id}'.", "List the installs with GET /v1/installs.");

    public static ProblemException InstallRunning(string connector, Guid running) => Make("install_running",
        $"Install {running} of '{connector}' has not finished.", $"Wait until GET /v1/installs/{running} says that it has ended, or end it with POST /v1/installs/{running}/cancel.",
        extensions: new Dictionary<string, object?> { ["install"] = running, ["location"] = $"/v1/installs/{running}" });

    public static ProblemException InstallFinished(Guid install, string state) => Make("install_finished",
        $"Install {install} has {state switch { "cancelled" => "been cancelled", _ => state }}.", "Nothing to do; a version that was installed is left with a rollback.");

    public static ProblemException UnknownVersion(string connector, string version) => Make("unknown_version",
        $"'{connector}' has no version '{version}'.", $"List its versions with GET /v1/connectors/{connector}/versions.");

    public static ProblemException VersionNotReady(string connector, int version, string state) => Make("version_not_ready",
        state == "checking" ? $"Version {version} of '{connector}' is still being checked." : $"Version {version} of '{connector}' could not be started, and was rejected.",
        state == "checking" ? "Wait: it becomes the current one by itself when it answers." : "Choose a version that is ready, or install the connector again.");

    public static ProblemException NoEarlierVersion(string connector, int version) => Make("no_earlier_version",
        $"'{connector}' has no ready version below {version}, its current one.", $"List its versions with GET /v1/connectors/{connector}/versions and name one.");

    public static ProblemException VersionInUse(string connector, int version, string why) => Make("version_in_use",
        $"Version {version} of '{connector}' can't be removed: {why}.", "Make another version the current one, or wait until runs and checks have ended.");

    public static ProblemException ConnectorInUse(string connector, IReadOnlyList<string> connections, bool more) => Make("connector_in_use",
        $"Connections of '{connector}' exist: {string.Join(", ", connections)}{(more ? " and more" : "")}.", "Delete them first with DELETE /v1/connections/{name}; versions that are not in use can be deleted all the same.",
        extensions: new Dictionary<string, object?> { ["connections"] = connections });

    public static ProblemException InvalidRollback(IReadOnlyList<FieldError> errors) => Make("invalid_rollback",
        $"The body has {Count(errors)}.", "Send {\"version\": n}, or no body.", errors);

    public static ProblemException RunnerUnavailable(string why) => Make("runner_unavailable",
        $"Runner, which knows the versions that runs use, could not be asked: {why}.", "Try again in a moment.");

    /// <summary>Of an install, not of a request.</summary>
    public static InstallError VersionCheckFailed(Problem fault) => new("version_check_failed",
        $"The new version was built, but could not be started, and is not used. {fault.Code}: {fault.Detail}",
        fault.Code != "connector_exited" && fault.Remedy is { } remedy
            ? remedy
            : "See that the manifest's command names a program of the source (a forgotten subdir is a usual reason), that it may be executed, and what it says by itself; then install again.");

    /// <inheritdoc cref="VersionCheckFailed"/>
    public static InstallError SpecificationInvalid(string problem) => new("version_check_failed",
        $"The new version was built and started, but what it says of itself can't be used: {problem}", "The connector's author has to correct its specification; then install it again.");

    /// <inheritdoc cref="VersionCheckFailed"/>
    public static InstallError VersionCheckUnavailable(double seconds) => new("version_check_unavailable",
        $"The new version was built, but for {seconds:0} s no Runner was there that could have tried it, so it is not used.",
        "Install it again once the system is healthy.");

    /// <inheritdoc cref="VersionCheckFailed"/>
    public static InstallError InstallCancelled() => new("install_cancelled", "The install was ended on request.", "Install it again if it is wanted after all.");

    public static ProblemException UnknownConnection(string nameOrId) => Make("unknown_connection",
        $"There is no connection '{nameOrId}'.", "List the connections with GET /v1/connections.");

    public static ProblemException InvalidConnection(IReadOnlyList<FieldError> errors) => Make("invalid_connection",
        $"The connection has {Count(errors)}.", "Correct every field named under errors and send it again.", errors);

    /// <summary>Of the options alone, by what the connector says of itself.</summary>
    public static ProblemException InvalidOptions(IReadOnlyList<FieldError> errors) => Make("invalid_options",
        $"The options have {Count(errors)}.", "Correct every field named under errors; GET /v1/connectors/{name}/specification says what the connector takes.", errors);

    /// <summary>Nothing, when there are none.</summary>
    public static void ThrowInvalid(IReadOnlyList<FieldError> errors)
    {
        if (errors.Count > 0)
            throw errors.All(e => e.Field == "options" || e.Field.StartsWith("options.", StringComparison.Ordinal)) ? InvalidOptions(errors) : InvalidConnection(errors);
    }

    public static ProblemException ETagMismatch(string current) => Make("etag_mismatch",
        $"The ETag is {current} now, which If-Match does not name.", "Read it again, and decide anew on what is there.");

    public static ProblemException IfMatchRequired(string connection) => Make("if_match_required",
        $"A change of '{connection}' has to say which state of it is meant, and the request has no If-Match.", $"Send If-Match with the ETag of GET /v1/connections/{connection}.");

    public static ProblemException ConnectionExists(string name) => Make("connection_exists",
        $"A connection named '{name}' exists already.", "Choose another name.");

    public static ProblemException OptionsTooLarge(int limit) => Make("options_too_large",
        $"The options may have at most {limit} bytes as UTF-8.", "Send smaller options.");

    public static ProblemException ConnectorNotInstalled(string connector) => Make("connector_not_installed",
        $"The connector '{connector}' has no version that could run.", "Install it with POST /v1/connectors.");

    public static ProblemException OptionsUnreadable(string connection) => Make("options_unreadable",
        $"The options of '{connection}' don't open with the keys at hand.",
        "Restore the folder keys below the setting Data:Directory from the backup that belongs to this database.");

    private static string Count(IReadOnlyList<FieldError> errors) => errors.Count == 1 ? "1 error" : $"{errors.Count} errors";

    private static ProblemException Make(
        string code, string detail, string remedy, IReadOnlyList<FieldError>? errors = null, IReadOnlyDictionary<string, object?>? extensions = null)
    {
        var (status, title) = Table[code];
        return new(new(code, status, title, detail, remedy, errors, extensions));
    }
}
