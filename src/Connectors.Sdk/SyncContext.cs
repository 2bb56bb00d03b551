using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Platform.Connectors;

/// <summary>What a sync is given besides its options.</summary>
/// <param name="Log">Goes to the platform's log of this run. Never log options.</param>
public sealed record SyncContext(ILogger Log)
{
    /// <summary>The streams that are wanted; empty: all.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>The stored states by stream, as they were sent.</summary>
    public IReadOnlyDictionary<string, byte[]> States { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>The streams that <see cref="CanContinue"/> is true of.</summary>
    public IReadOnlyList<string> Continuable { get; init; } = [];

    /// <summary>Whether this stream is wanted. One that is not must not begin.</summary>
    public bool Wants(string stream) => Streams.Count == 0 || Streams.Contains(stream);

    /// <summary>
    /// Whether an earlier attempt of this run saved the stream's state in a full listing. Then <see cref="SyncMessage.BeginContinued"/> may go on with it;
    /// from any other state a stream is incremental or begins anew.
    /// </summary>
    public bool CanContinue(string stream = "") => Continuable.Contains(stream);

    /// <summary>The last stored state of a stream, read as it was written by <see cref="SyncMessage.State{T}"/>.</summary>
    /// <returns>Null (of a value type: its default): there is none, begin anew.</returns>
    /// <exception cref="FormatException">It does not have this shape: another version wrote it, or somebody edited it.</exception>
    public T? State<T>(string stream = "") => States.TryGetValue(stream, out var state) ? StateJson.Read<T>(state, stream) : default;
}

/// <summary>States as JSON.</summary>
internal static class StateJson
{
    public static byte[] Write<T>(T state) => state is byte[] raw ? raw : JsonSerializer.SerializeToUtf8Bytes(state, ConnectorJson.Lenient);

    public static T? Read<T>(byte[] state, string stream)
    {
        if (state is T raw)
            return raw;
        try
        {
            return JsonSerializer.Deserialize<T>(state, ConnectorJson.Lenient);
        }
        catch (JsonException e)
        {
            throw new FormatException($"The stored state of the stream \"{stream}\" can't be read: {e.Message} Edit or reset it, or start a run that begins anew.", e);
        }
    }
}
