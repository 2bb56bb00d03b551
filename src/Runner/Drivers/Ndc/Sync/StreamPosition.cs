using System.Text.Json;
using Platform.Ndc;

namespace Platform.Runner.Drivers.Ndc.Sync;

/// <summary>
/// How far a stream has been read, as it is stored with its pages: through a listing of all rows, or, with a cursor, through what has changed since one.
/// </summary>
/// <param name="Key">The columns by which rows are told apart.</param>
/// <param name="After">Of a listing, the key that it has come to; it is gone on with by the run that began it, and by no other.</param>
/// <param name="Cursor">The column by which what has changed is asked for; null: none.</param>
/// <param name="Value">
/// The largest value of the cursor before this reading began, and so where the one after it begins: what gets a value while rows are read gets none below it.
/// Null: there were no rows.
/// </param>
/// <param name="Passed">Of the reading of what has changed, the values of cursor and key that it has come to; null: it has not begun.</param>
/// <param name="Done">Everything that had a lower value than <paramref name="Value"/> has been read.</param>
internal sealed record StreamPosition(
    IReadOnlyList<string> Key, JsonElement[]? After = null, string? Cursor = null, JsonElement? Value = null, JsonElement[]? Passed = null, bool Done = false)
{
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, NdcJson.Options);

    /// <returns>Null: it is none, or one of another key or cursor.</returns>
    public static StreamPosition? Read(ReadOnlySpan<byte> state, CollectionPlan plan)
    {
        try
        {
            return JsonSerializer.Deserialize<StreamPosition>(state, NdcJson.Options) is { } position && position.Fits(plan) ? position : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private bool Fits(CollectionPlan plan) =>
        Key.SequenceEqual(plan.Key) && (After is null || After.Length == plan.Key.Count)
        && (plan.Cursor is null || (Cursor == plan.Cursor.Name && (Passed is null || (Value is not null && Passed.Length == plan.CursorOrder.Count))));
}
