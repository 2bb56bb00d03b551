using Aspire.Hosting;
using Aspire.Hosting.Testing;

namespace Platform.Standins.Tests.Hosting;

public sealed class ExecutableTests
{
    [Fact]
    public async Task A_program_gets_its_arguments_and_variables_and_is_told_to_end_with_the_application()
    {
        var folder = Directory.CreateTempSubdirectory("executable-").FullName;
        var (begun, ended) = (Path.Combine(folder, "begun"), Path.Combine(folder, "ended"));
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("program", "/bin/sh", folder, "-c", "trap 'pwd > ended; exit 0' TERM; echo $1 $GIVEN > begun.new; mv begun.new begun; while true; do sleep 0.1; done", "sh", "a b")
            .WithEnvironment("GIVEN", "c");
        await using (var application = await builder.BuildAsync(TestContext.Current.CancellationToken))
        {
            await application.StartAsync(TestContext.Current.CancellationToken);
            await Until.TrueAsync(() => File.Exists(begun), Until.Started, () => "it has begun");
            Assert.False(File.Exists(ended));
        }

        Assert.Equal("a b c\n", await File.ReadAllTextAsync(begun, TestContext.Current.CancellationToken));
        Assert.Equal(folder + "\n", await File.ReadAllTextAsync(ended, TestContext.Current.CancellationToken));
        Directory.Delete(folder, recursive: true);
    }
}
