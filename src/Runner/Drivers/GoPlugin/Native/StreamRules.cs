using System.Text;
using Platform.Connector.V1;

namespace Platform.Runner.Drivers.GoPlugin.Native;

/// <summary>What the contract asks of the streams of one Sync. Each method throws <c>protocol_violation</c> for what breaks it.</summary>
/// <param name="asked">The streams that were asked for; empty: all.</param>
/// <param name="continuable">Of these the listing that an earlier attempt of the run has begun may be gone on with.</param>
internal sealed class StreamRules(IReadOnlyList<string> asked, IReadOnlyList<string> continuable)
{
    private const int MaxNameBytes = 255;
    private const int MaxStreams = 10_000;
    private const int MaxStateBytes = 1 << 20;

    private readonly Dictionary<string, Mode> open = [];
    private readonly HashSet<string> ended = [];
    private readonly List<string> complete = [];

    public void Begin(string stream, Mode mode)
    {
        if (Encoding.UTF8.GetByteCount(stream) > MaxNameBytes || stream.Contains('\0'))
            throw Faults.ProtocolViolation($"a stream's name has at most {MaxNameBytes} bytes and no NUL; it began {Quote(stream)}");
        if (!Enum.IsDefined(mode))
            throw Faults.ProtocolViolation($"it began the stream {Quote(stream)} in the mode {(int)mode}, which is not known");
        if (mode == Mode.Continued && !continuable.Contains(stream))
            throw Faults.ProtocolViolation($"it began the stream {Quote(stream)} as the rest of a listing; the state that it was given is not continuable");
        if (asked.Count > 0 && !asked.Contains(stream))
            throw Faults.ProtocolViolation($"it began the stream {Quote(stream)}, which was not asked for");
        if (ended.Contains(stream) || !open.TryAdd(stream, mode))
            throw Faults.ProtocolViolation($"it began the stream {Quote(stream)} twice");
        if (open.Count + ended.Count > MaxStreams)
            throw Faults.ProtocolViolation($"it began more than {MaxStreams} streams");
    }

    public void End(string stream)
    {
        RequireOpen(stream, "the end");
        if (Lists(stream))
            complete.Add(stream);
        open.Remove(stream);
        ended.Add(stream);
    }

    public void Page(string stream) => RequireOpen(stream, "a page");

    /// <summary>Whether the open stream is to be sent whole, by this attempt or together with those before it.</summary>
    public bool Lists(string stream) => open[stream] is Mode.Full or Mode.Continued;

    public void State(StreamState state)
    {
        RequireOpen(state.Stream, "a state");
        if (state.State.Length > MaxStateBytes)
            throw Faults.ProtocolViolation($"it sent a state of {state.State.Length} bytes for the stream {Quote(state.Stream)}; at most {MaxStateBytes} are allowed");
    }

    /// <returns>The streams of which everything was sent.</returns>
    public IReadOnlyList<string> Finish() => open.Count == 0
        ? complete
        : throw Faults.ProtocolViolation($"it finished without ending {string.Join(", ", open.Keys.Take(10).Select(s => $"the stream {Quote(s)}"))}{(open.Count > 10 ? " and more" : "")}");

    private void RequireOpen(string stream, string what)
    {
        if (!open.ContainsKey(stream))
            throw Faults.ProtocolViolation($"it sent {what} of the stream {Quote(stream)}, which {(ended.Contains(stream) ? "has ended" : "has not begun")}");
    }

    private static string Quote(string stream) => stream.Length <= 100 ? $"\"{stream}\"" : $"\"{stream[..100]}…\"";
}
