using System.Globalization;
using System.Text;
using Platform.Ingest.Load;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Close;

/// <summary>A checked request to close.</summary>
/// <param name="CompleteStreams">Empty unless the run succeeded.</param>
internal sealed record Decision(
    WriterIdentity Writer, string Outcome, RunError? Error, string Result, DateTimeOffset? StartedAt,
    IReadOnlyList<string> CompleteStreams, double MaxDeleteFraction, bool NotifyChanges)
{
    /// <exception cref="ProblemException">400 with every failing field.</exception>
    public static Decision Parse(CloseRequest request)
    {
        var writer = WriterIdentity.Parse(request.Run);
        var errors = new List<FieldError>();
        if (OutcomeNames.Of(request.Outcome) is not { } outcome)
            errors.Add(new("outcome", "invalid_outcome", "must be succeeded, failed or cancelled"));
        if (request.Outcome == V1.Outcome.Failed && request.Error is not { Code.Length: > 0 })
            errors.Add(new("error.code", "required", "a failed run says why"));
        DateTimeOffset? startedAt = null;
        if (request.StartedAt.Length > 0)
        {
            if (DateTimeOffset.TryParse(request.StartedAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
                startedAt = parsed.ToUniversalTime();
            else
                errors.Add(new("started_at", "invalid_time", "must be RFC 3339 or empty"));
        }

        if (request.CompleteStreams.Any(stream => Encoding.UTF8.GetByteCount(stream) > PageReader.MaxStreamNameBytes || stream.Contains('\0')))
            errors.Add(new("complete_streams", "invalid_name", $"must be stream names of at most {PageReader.MaxStreamNameBytes} bytes"));
        if (writer.Kind == WriterKinds.Listen && request.CompleteStreams.Count > 0)
            errors.Add(new("complete_streams", "not_for_listen", "a run that listens lists nothing"));
        if (request.HasMaxDeleteFraction && request.MaxDeleteFraction is not (>= 0 and <= 1))
            errors.Add(new("max_delete_fraction", "out_of_range", "must be from 0 to 1"));
        if (errors.Count > 0)
            throw Errors.BadClose(errors);

        var error = request.Outcome == V1.Outcome.Failed
            ? new RunError
            {
                Code = Storable(request.Error.Code),
                Message = Storable(request.Error.Message),
                Remedy = Storable(request.Error.Remedy),
                Detail = Storable(request.Error.Detail),
            }
            : null;
        return new(
            writer, OutcomeNames.Of(request.Outcome)!, error, Storable(request.Result), startedAt,
            request.Outcome == V1.Outcome.Succeeded ? [.. request.CompleteStreams.Distinct()] : [],
            request.HasMaxDeleteFraction ? request.MaxDeleteFraction : StreamSweep.DefaultMaxDeleteFraction, request.NotifyChanges);
    }

    // A connector's words may contain U+0000, which a text column refuses; the decision must not hang on that.
    private static string Storable(string text) => text.Replace('\0', '\ufffd');
}
