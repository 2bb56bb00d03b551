using FsCheck;
using FsCheck.Fluent;

namespace Platform.Standins.Tests.Grpc.Fuzzing;

internal static class Fuzz
{
    // A failure names the smallest input it found and the seed that makes it again (Config.WithReplay).
    public static void Run<T>(int inputs, Gen<T> generator, Func<T, bool> holds) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(inputs), Prop.ForAll(generator.ToArbitrary(), holds));

    public static Gen<byte[]> Bytes(int most) =>
        Gen.Choose(0, most).SelectMany(length => Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value), length));
}
