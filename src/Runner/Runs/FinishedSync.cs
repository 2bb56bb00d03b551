using Platform.Registry.V1;
using Platform.Runner.Drivers;

namespace Platform.Runner.Runs;

/// <summary>A sync whose connector has finished, and what its connection wants of the decision.</summary>
/// <param name="MaxDeleteFraction">Null: Ingest's default.</param>
internal sealed record FinishedSync(SyncEnd End, double? MaxDeleteFraction, bool NotifyChanges)
{
    public static FinishedSync Of(SyncEnd end, RunSpecification specification) =>
        new(end, specification.HasMaxDeleteFraction ? specification.MaxDeleteFraction : null, specification.ChangedEvents);
}
