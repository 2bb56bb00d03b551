using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Servers;

/// <summary>
/// What a service writes that is kept between calls: into the log of every call that is under way. It may write of one call what it got in another, so
/// each line is freed of the secrets of all calls lately. What it writes while there is no call, the next one is told.
/// </summary>
internal sealed class ServiceOutput
{
    private const int MaxRemembered = 64;
    private const int MaxMissed = 100;
    private readonly Lock gate = new();
    private readonly List<ConnectorOutput> followers = [];
    private readonly Queue<ConnectorOutput> remembered = [];
    private readonly Queue<Action<ConnectorOutput>> missed = [];

    public IDisposable Follow(ConnectorOutput output)
    {
        lock (gate)
        {
            followers.Add(output);
            remembered.Enqueue(output);
            if (remembered.Count > MaxRemembered)
                remembered.Dequeue();
            while (missed.TryDequeue(out var tell))
                tell(output);
        }

        return new Following(this, output);
    }

    public void Add(string line, bool cut) => Pass(line, (output, text) => output.Add(text, cut));

    public void AddPrinted(string line, bool cut) => Pass(line, (output, text) => output.AddPrinted(text, cut));

    private void Pass(string line, Action<ConnectorOutput, string> add)
    {
        lock (gate)
        {
            foreach (var output in remembered)
                line = output.Masked(line);
            if (followers.Count == 0)
            {
                missed.Enqueue(output => add(output, line));
                if (missed.Count > MaxMissed)
                    missed.Dequeue();
                return;
            }

            foreach (var output in followers)
                add(output, line);
        }
    }

    private sealed class Following(ServiceOutput of, ConnectorOutput output) : IDisposable
    {
        public void Dispose()
        {
            lock (of.gate)
                of.followers.Remove(output);
        }
    }
}
