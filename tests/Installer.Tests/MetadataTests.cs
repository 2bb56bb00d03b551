using Platform.Contracts;
using Platform.Installer.Packages;

namespace Platform.Installer.Tests;

/// <summary>connector-metadata.yaml as packages have it, in its three versions, and as it goes wrong.</summary>
public sealed class MetadataTests
{
    private const string Prebuilt = "packagingDefinition:\n  type: PrebuiltDockerImage\n  dockerImage: ghcr.io/hub/ndc-demo:v1.2.3\n";
    private const string Managed = "packagingDefinition: { type: ManagedDockerBuild }\n";

    [Fact]
    public void All_that_is_known_of_a_package_is_read_and_the_rest_passes()
    {
        var metadata = MetadataReader.Read(
            """
            # As the hub's own packages are written.
            version: v2
            ndcSpecGeneration: v0.2
            documentationPage: https://example.com/docs
            packagingDefinition:
              type: PrebuiltDockerImage
              dockerImage: ghcr.io/hub/ndc-demo:v1.2.3
            supportedEnvironmentVariables:
              - name: CONNECTION_URI
                description: Where the data is
                required: true
              - { name: POOL_SIZE, description: "", defaultValue: 10, required: "false" }
              - name: FLAG
                defaultValue: "true"
                required: "TRUE"
            commands:
              update:
                type: Dockerized
                dockerImage: ghcr.io/hub/ndc-demo:v1.2.3
                commandArgs: [update, --outfile, 1]
              watch: { type: Dockerized, dockerImage: ghcr.io/hub/ndc-demo:v1.2.3, commandArgs: [watch] }
              printSchemaAndCapabilities: ./print.sh --json
              upgradeConfiguration: { type: ShellScript, bash: ./upgrade.sh, powershell: ./upgrade.ps1 }
            cliPlugin: { name: ndc-demo, version: v1.2.3 }
            dockerComposeWatch: [{ path: ./, target: /etc/connector, action: sync+restart }]
            nativeToolchainDefinition: { commands: { start: npm start } }
            """);

        Assert.Equal(("ghcr.io/hub/ndc-demo:v1.2.3", "v0.2"), (metadata.DockerImage, metadata.SpecGeneration));
        Assert.Equal(
            [new PackageVariable("CONNECTION_URI", "Where the data is", null, true), new("POOL_SIZE", "", "10", false), new("FLAG", null, "true", true)],
            metadata.Variables);
        Assert.Equal(["printSchemaAndCapabilities", "update", "upgradeConfiguration"], metadata.Commands.Keys.Order());
        Assert.Equal(["update", "--outfile", "1"], metadata.Commands["update"].Arguments!);
        Assert.Equal(("./print.sh --json", "./upgrade.sh"), (metadata.Commands["printSchemaAndCapabilities"].Line, metadata.Commands["upgradeConfiguration"].Line));
        Assert.Empty(metadata.Warnings);
    }

    [Theory]
    [InlineData("", "v0.1")]
    [InlineData("version: v1\n", "v0.1")]
    [InlineData("version: v1\nndcSpecGeneration: v0.2\n", "v0.2")]
    [InlineData("version: v2\nndcSpecGeneration: v0.1\n", "v0.1")]
    [InlineData("version: \"v2\"\nndcSpecGeneration: 'v0.2'\n", "v0.2")]
    [InlineData("version: null\nsupportedEnvironmentVariables: ~\ncommands:\n", "v0.1")]
    public void Every_version_of_the_file_says_which_specification_the_connector_speaks(string head, string generation)
    {
        Assert.Equal(generation, MetadataReader.Read(head + Prebuilt).SpecGeneration);
        Assert.Equal((generation, null), (MetadataReader.Read("\ufeff" + head + Managed).SpecGeneration, MetadataReader.Read(head + Managed).DockerImage));
    }

    [Theory]
    [InlineData("version: v2\n" + Prebuilt, "ndc_spec_generation_missing", "line 1, column 10")]
    [InlineData("version: v3\n" + Prebuilt, "unknown_version", "'v3'")]
    [InlineData("version: v2\nndcSpecGeneration: v0.3\n" + Prebuilt, "unknown_ndc_spec_generation", "line 2, column 20")]
    [InlineData("version: v2\nndcSpecGeneration: [v0.2]\n" + Prebuilt, "wrong_type", "ndcSpecGeneration is a list")]
    [InlineData("commands: {}\n", "packaging_definition_missing", "line 1")]
    [InlineData("packagingDefinition: ManagedDockerBuild\n", "packaging_definition_missing", "column 22")]
    [InlineData("packagingDefinition: {}\n", "unknown_packaging_type", "is missing")]
    [InlineData("packagingDefinition: { type: managedDockerBuild }\n", "unknown_packaging_type", "'managedDockerBuild'")]
    [InlineData("packagingDefinition:\n  type: PrebuiltDockerImage\n", "docker_image_empty", "line 2")]
    [InlineData("packagingDefinition:\n  type: PrebuiltDockerImage\n  dockerImage: \"\"\n", "docker_image_empty", "line 2")]
    [InlineData("packagingDefinition:\n  type: PrebuiltDockerImage\n  dockerImage: <DOCKER_IMAGE>\n", "docker_image_invalid", "line 3, column 16")]
    [InlineData(Managed + "supportedEnvironmentVariables: { A: b }\n", "wrong_type", "supportedEnvironmentVariables is a mapping")]
    [InlineData(Managed + "supportedEnvironmentVariables:\n- A\n", "wrong_type", "supportedEnvironmentVariables[0]")]
    [InlineData(Managed + "supportedEnvironmentVariables:\n- name: A\n  required: maybe\n", "required_not_boolean", "line 4, column 13")]
    [InlineData(Managed + "supportedEnvironmentVariables:\n- description: a\n", "variable_name_empty", "[0]")]
    [InlineData(Managed + "supportedEnvironmentVariables:\n- name: A=B\n", "variable_name_invalid", "'A=B'")]
    [InlineData(Managed + "commands: [a]\n", "wrong_type", "commands is a list")]
    public void What_is_wrong_is_told_with_its_place(string text, string code, string part)
    {
        var error = Refused(text);
        Assert.Equal("metadata_invalid", error.Code);
        Assert.Contains($"({code})", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(".hasura-connector/connector-metadata.yaml has an error: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_are_told_at_once()
    {
        var error = Refused("version: v2\npackagingDefinition:\n  type: PrebuiltDockerImage\n  dockerImage: ''\nsupportedEnvironmentVariables:\n- required: perhaps\n- name: 1A\n");

        Assert.Contains("has 5 errors", error.Message, StringComparison.Ordinal);
        foreach (var code in (string[])["ndc_spec_generation_missing", "docker_image_empty", "variable_name_empty", "required_not_boolean", "variable_name_invalid"])
            Assert.Contains($"({code})", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("# nothing\n", "empty")]
    [InlineData("a: [", "line ")]
    [InlineData("a: 1\na: 2\n", "line 2")]
    [InlineData("- a\n", "no mapping")]
    [InlineData("a: *nobody\n", "nobody")]
    [InlineData("a:\n  - b\n c: [}\n", "line 3")]
    public void What_is_no_YAML_is_refused_with_its_line(string text, string part)
    {
        var error = Refused(text);
        Assert.Equal("metadata_malformed", error.Code);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_that_would_end_the_process_is_refused() =>
        Assert.Contains("levels deep", Refused("a: " + new string('[', 100_000)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("supportedEnvironmentVariables:\n- { name: HASURA_CONNECTOR_PORT }\n- { name: OTEL_EXPORTER_OTLP_ENDPOINT }\n- { name: A }\n", "reserved_variable", 2)]
    [InlineData("supportedEnvironmentVariables:\n- { name: A, defaultValue: a }\n- { name: A, defaultValue: b }\n", "duplicate_variable", 1)]
    [InlineData("commands:\n  update: { type: Dockerized, dockerImage: '' }\n", "command_unusable", 1)]
    [InlineData("commands:\n  update: { type: Dockerized, dockerImage: a, commandArgs: all }\n", "command_unusable", 1)]
    [InlineData("commands:\n  update: { type: ShellScript, powershell: a }\n", "command_unusable", 1)]
    [InlineData("commands:\n  update: { type: Wasm }\n  other: []\n  watch: {}\n", "command_unusable", 2)]
    public void What_can_be_done_without_is_a_warning(string rest, string code, int count)
    {
        var metadata = MetadataReader.Read(Managed + rest);
        Assert.Equal(Enumerable.Repeat(code, count), metadata.Warnings.Select(warning => warning.Code));
        Assert.All(metadata.Warnings, warning => Assert.Contains(", line ", warning.Message, StringComparison.Ordinal));
        Assert.Empty(metadata.Commands);
        Assert.All(metadata.Variables, variable => Assert.True(variable is { Name: "A", Default: null or "a" }));
    }

    private static InstallError Refused(string text) => Assert.Throws<InstallFailedException>(() => MetadataReader.Read(text)).Error;
}
