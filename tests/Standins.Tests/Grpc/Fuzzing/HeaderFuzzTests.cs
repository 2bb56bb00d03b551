using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Platform.Standins.Tests.Grpc.Fuzzing;

// The text forms: metadata, grpc-message, grpc-timeout. What is written comes back; what others write never throws.
public sealed class HeaderFuzzTests
{
    private static Gen<string> Key => Gen.NonEmptyListOf(Gen.Elements("abcxyz0189-_.".ToCharArray())).Select(characters => new string([.. characters]));

    private static Gen<string> Ascii => Gen.ListOf(Gen.Choose(' ', '~').Select(value => (char)value)).Select(characters => new string([.. characters]).Trim());

    private static Gen<string> Anything => Gen.ListOf(Gen.Frequency(
        (4, Gen.Choose(' ', '~')), (2, Gen.Elements<int>('%', ',', '=', '-', ':')), (1, Gen.Choose(0, 0x1f)), (2, Gen.Choose(0, 0xffff)))
        .Select(value => (char)value)).Select(characters => new string([.. characters]));

    [Fact]
    public void Metadata_comes_back_as_it_was_sent()
    {
        var text = from key in Key from value in Ascii where !key.EndsWith("-bin", StringComparison.Ordinal) && !WireFormat.IsReserved(key) select new Metadata.Entry(key, value);
        var binary = from key in Key from value in Fuzz.Bytes(40) select new Metadata.Entry(key + "-bin", value);
        Fuzz.Run(20_000, Gen.ListOf(Gen.OneOf(text, binary)).Select(entries => entries.ToArray()), entries =>
        {
            var received = new Metadata();
            foreach (var entry in entries)
                WireFormat.AddTo(received, entry.Key, WireFormat.HeaderValue(entry));

            return received.Select(Show).SequenceEqual(entries.Select(Show));
        });
    }

    [Fact]
    public void Binary_values_come_back_padded_or_not_and_joined_by_commas() =>
        Fuzz.Run(10_000, Gen.NonEmptyListOf(from bytes in Fuzz.Bytes(20) from padded in Gen.Elements(true, false) select (bytes, padded)), values =>
        {
            var received = new Metadata();
            WireFormat.AddTo(received, "k-bin", string.Join(",", values.Select(value => value.padded ? Convert.ToBase64String(value.bytes) : Convert.ToBase64String(value.bytes).TrimEnd('='))));
            return received.Select(entry => Convert.ToHexString(entry.ValueBytes)).SequenceEqual(values.Select(value => Convert.ToHexString(value.bytes)));
        });

    [Fact]
    public void No_header_of_a_peer_breaks_the_metadata() =>
        Fuzz.Run(20_000, from name in Gen.OneOf(Key, Key.Select(key => key + "-bin"), Anything) from value in Anything select (name, value), header =>
        {
            var received = new Metadata();
            WireFormat.AddTo(received, header.name, header.value);
            return received.All(entry => entry.IsBinary == header.name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase) && !WireFormat.IsReserved(entry.Key));
        });

    [Fact]
    public void A_status_message_comes_back_and_is_printable_on_the_wire() =>
        Fuzz.Run(10_000, Anything, message =>
        {
            var sent = WireFormat.EncodeMessage(message);

            // Half a surrogate pair is no text: it arrives as the replacement character.
            var expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(message));
            return sent.All(character => character is >= ' ' and <= '~') && WireFormat.DecodeMessage(sent) == expected;
        });

    [Fact]
    public void Any_status_message_of_a_peer_can_be_read() =>
        Fuzz.Run(10_000, Anything, message => WireFormat.DecodeMessage(message) is not null);

    [Fact]
    public void A_timeout_comes_back_no_shorter_and_hardly_longer() =>
        Fuzz.Run(10_000, from bits in Gen.Choose(0, 58) from low in Gen.Choose(0, int.MaxValue) select (1L << bits) + (low & ((1L << bits) - 1)), ticks =>
        {
            var sent = WireFormat.FormatTimeout(TimeSpan.FromTicks(ticks));
            return sent.Length <= 9 && WireFormat.TryParseTimeout(sent, out var received)
                && received.Ticks >= ticks && received.Ticks - ticks <= Math.Max(TimeSpan.TicksPerMicrosecond, ticks / 100_000);
        });

    [Fact]
    public void No_timeout_of_a_peer_breaks_the_call() =>
        Fuzz.Run(10_000, Gen.OneOf(Anything, from value in Gen.Choose(-5, int.MaxValue) from unit in Gen.Elements("HMSmunx".ToCharArray()) select value % 1_000_000_000 + unit.ToString()), text =>
            !WireFormat.TryParseTimeout(text, out var timeout) || (timeout >= TimeSpan.Zero && text.Length is >= 2 and <= 9));

    private static string Show(Metadata.Entry entry) => entry.Key + (entry.IsBinary ? ":" + Convert.ToHexString(entry.ValueBytes) : "=" + entry.Value);
}
