using Platform.Documents;

namespace Platform.Tests.Documentation;

/// <summary>What a documented command says when it is typed, or the test that runs it where it needs more than a platform.</summary>
/// <param name="Begins">The beginning of the command, unique in its document.</param>
/// <param name="Endless">It goes on until it is ended, and must have said it by then.</param>
internal sealed record Expectation(string Document, string Begins, string Says = "", int ExitCode = 0, bool Endless = false, string? Test = null)
{
    public static readonly IReadOnlyList<Expectation> All =
    [
        By("README.md", "./platform demo", "The_demo_works_and_leaves_nothing"),
        // What runs this; it clears the results of the run before, and so can't be typed by one.
        By("README.md", "./platform test", "Every_command_is_run_here_or_by_the_test_that_is_named"),
        By("README.md", "./platform up", "Data_survives_down_and_up_and_a_second_up_says_that_one_runs"),
        new("README.md", "./platform connectors install", "Installed files-go, version "),
        new("README.md", "./platform connections create", "Created connection docs-go of connector files-go."),
        new("README.md", "./platform sync", "succeeded"),
        new("README.md", "./platform objects list", "adduser/copyright"),

        new("docs/cli.md", "./platform objects list", "adduser/"),
        new("docs/cli.md", "./platform objects export", "docs.ndjson"),
        new("docs/cli.md", "./platform connections check", "passed  root"),
        new("docs/cli.md", "./platform actions list", "largest"),
        new("docs/cli.md", "./platform actions invoke", "\"size\""),
        By("docs/cli.md", "./platform login https://platform.example.org      ", "What_the_gateway_accepts_is_kept_for_its_user_alone_used_before_what_up_has_kept_and_forgotten"),
        new("docs/cli.md", "./platform login https://platform.example.org --token-stdin", "login.json"),
        new("docs/cli.md", "./platform logout", "Logged out."),
        new("docs/cli.md", "source <(./platform completion bash)"),
        new("docs/cli.md", "./platform completion bash"),
        new("docs/cli.md", "./platform completion zsh"),
        new("docs/cli.md", "./platform completion fish"),
        new("docs/cli.md", "dotnet publish src/Cli", "/out/"),
        new("docs/cli.md", "out/platform login", "login.json"),

        new("docs/events.md", "curl -N", "event: sync.completed", Endless: true),
        new("docs/events.md", "./platform events", "sync.completed", Endless: true),
        new("docs/events.md", "./platform webhooks create", "whsec_"),
        new("docs/events.md", "./platform webhooks test", "200"),
        new("docs/events.md", "./platform webhooks deliveries"),
        new("docs/events.md", "./platform webhooks replay", "0 will be sent again."),

        new("docs/http-api.md", "curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:5080/v1/connectors", "\"items\""),
        new("docs/http-api.md", "curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n  -d '{\"name\": \"reporting\"", "cpt_"),
        new("docs/http-api.md", "curl -G", "\"items\""),
        new("docs/http-api.md", "curl -OJ", "docs.csv"),
        new("docs/http-api.md", "curl -i", "ETag"),
        new("docs/http-api.md", "curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n  -d '{\"connection\": \"docs\"", "Europe/Berlin"),
        new("docs/http-api.md", "curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' -H \"Idempotency-Key", "\"outcome\":\"succeeded\""),
        // curl --fail's own exit code: there is no such reject here.
        new("docs/http-api.md", "curl -X POST", "unknown_reject", ExitCode: 22),

        By("docs/ndc.md", "./platform connectors install", "What_is_there_decides_whether_it_is_a_service_or_a_packaged_connector"),
        By("docs/ndc.md", "./platform image build", "A_packaged_connector_is_built_checked_installed_synced_queried_and_acts"),
        By("docs/ndc.md", "./platform connectors spec", "What_a_connector_says_of_itself_is_a_table"),
        By("docs/ndc.md", "./platform connections update", "Cursors_are_sent_by_stream_and_one_without_a_column_is_taken_away"),
        By("docs/ndc.md", "./platform query", "A_packaged_connector_is_built_checked_installed_synced_queried_and_acts"),
        By("docs/ndc.md", "./platform image check", "A_packaged_connector_is_built_checked_installed_synced_queried_and_acts"),
        By("docs/ndc.md", "./platform image validate", "A_validation_is_told_and_its_exit_code_says_whether_all_is_well"),
        By("docs/ndc.md", "./platform image update", "An_update_and_an_upgrade_say_what_has_changed"),
        By("docs/ndc.md", "./platform image upgrade", "An_update_and_an_upgrade_say_what_has_changed"),
        By("docs/ndc.md", "connectors/tables-ndc/build.sh", "The_guides_commands_build_it_run_it_and_ask_it"),
        By("docs/ndc.md", "docker run", "The_guides_commands_build_it_run_it_and_ask_it"),
        By("docs/ndc.md", "curl -s", "The_guides_commands_build_it_run_it_and_ask_it"),

        new("docs/oms.md", "./platform oms check oms.yml", "greet"),
        new("docs/oms.md", "./platform oms check path/to/a/checkout", "\"greet\""),
        By("docs/oms.md", "./platform subscriptions", "What_a_service_publishes_becomes_objects_and_is_told_of_until_the_connection_is_deleted"),
        By("docs/oms.md", "./platform objects list", "What_a_service_publishes_becomes_objects_and_is_told_of_until_the_connection_is_deleted"),

        new("docs/operations.md", "./platform status", "healthy"),
        new("docs/operations.md", "./platform audit", "\t401"),

        By("docs/performance.md", "./platform bench grpc", "The_grpc_benchmark_measures_everything_and_keeps_every_sample"),
        By("docs/performance.md", "./platform bench ingest", "The_ingest_benchmark_loads_into_an_empty_and_into_a_large_table_sweeps_a_long_load_and_an_unchanged_load_writes_no_log"),
        By("docs/performance.md", "./platform bench sync", "The_sync_benchmark_brings_the_same_rows_to_the_table_by_every_way"),
        By("docs/performance.md", "./platform bench install", "The_install_benchmark_installs_a_folder_and_checks_an_unpacked_bundle"),
        By("docs/performance.md", "./platform bench run", "The_run_benchmark_starts_the_platform_and_times_runs_to_their_first_object"),
        By("docs/performance.md", "./platform bench oms", "The_oms_benchmark_asks_a_service_by_each_interface_directly_and_by_actions"),
        By("docs/performance.md", "./platform bench ndc", "The_ndc_benchmark_asks_a_packaged_connector_directly_and_through_the_platform"),
        By("docs/performance.md", "./platform bench edge", "The_edge_benchmark_asks_the_gateway_beside_the_service_and_nginx"),

        By("docs/versions.md", "./platform connectors update", "A_version_is_updated_to_rolled_back_kept_out_when_it_does_not_start_and_deleted"),
        By("docs/versions.md", "./platform connectors versions", "A_version_is_updated_to_rolled_back_kept_out_when_it_does_not_start_and_deleted"),
        By("docs/versions.md", "./platform connectors rollback", "A_version_is_updated_to_rolled_back_kept_out_when_it_does_not_start_and_deleted"),
        By("docs/versions.md", "./platform connectors delete", "A_version_is_updated_to_rolled_back_kept_out_when_it_does_not_start_and_deleted"),
        By("docs/versions.md", "./platform up", "Data_survives_down_and_up_and_a_second_up_says_that_one_runs"),
        new("docs/versions.md", "./platform catalog", "greeter-oms"),
        By("docs/versions.md", "./platform connectors install", "The_samples_are_in_the_catalog_and_install_by_name"),
        By("docs/versions.md", "./platform lock show", "A_lock_file_brings_a_version_back"),
        By("docs/versions.md", "./platform lock apply", "A_lock_file_brings_a_version_back"),
    ];

    public static Expectation Of(DocumentedCommand command) =>
        All.FirstOrDefault(expected => expected.IsOf(command)) ?? throw new InvalidOperationException($"{command} is new: Expectation.cs has to say what it does, or which test runs it.");

    public bool IsOf(DocumentedCommand command) => command.Document == Document && command.Text.StartsWith(Begins, StringComparison.Ordinal);

    private static Expectation By(string document, string begins, string test) => new(document, begins, Test: test);
}
