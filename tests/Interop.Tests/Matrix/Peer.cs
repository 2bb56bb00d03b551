namespace Platform.Interop.Tests.Matrix;

/// <summary>An implementation of gRPC in another language: its program in peers/ is built by <paramref name="Build"/> and
/// started by <paramref name="Command"/>, both in the folder of what was built.</summary>
/// <param name="Name">Of the folder and the column.</param>
/// <param name="Library">Whose implementation it is.</param>
/// <param name="Needs">Files that must be there, each with its Debian package.</param>
/// <param name="Build">A shell command; exit code 127 says that something it needs is not to be had on this machine.</param>
/// <param name="Version">A shell command that prints the library's version.</param>
/// <param name="Command">The program and its first arguments.</param>
/// <param name="ServerLimits">What clients must know about its server, as peers/README.md has it.</param>
internal sealed record Peer(string Name, string Library, (string File, string Package)[] Needs, string Build, string Version, string[] Command, string[] ServerLimits)
{
    private const string Protoc = "/usr/bin/protoc";

    public static readonly Peer Go = new(
        "go",
        "grpc-go (Debian)",
        [
            ("/usr/bin/go", "golang-go"), (Protoc, "protobuf-compiler"), ("/usr/bin/protoc-gen-go", "protoc-gen-go-1-3"),
            ("/usr/share/gocode/src/google.golang.org/grpc/version.go", "golang-google-grpc-dev"),
        ],
        "protoc --go_out=plugins=grpc:. test.proto && GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode CGO_ENABLED=0 go build -o interop .",
        """sed -n 's/^const Version = "\(.*\)"/\1/p' /usr/share/gocode/src/google.golang.org/grpc/version.go""",
        ["./interop"],
        ["mirrors"]);

    public static readonly Peer JavaScript = new(
        "js",
        "@grpc/grpc-js (npm)",
        [],
        "cmp -s package-lock.json node_modules/.installed || { npm ci --ignore-scripts --no-audit --no-fund || exit 127; cp package-lock.json node_modules/.installed; }",
        "node -p \"require('@grpc/grpc-js/package.json').version\"",
        ["node", "main.js"],
        []);

    public static readonly Peer Python = new(
        "python",
        "grpcio (Debian)",
        [("/usr/lib/python3/dist-packages/grpc", "python3-grpcio"), ("/usr/lib/python3/dist-packages/google/protobuf", "python3-protobuf"), (Protoc, "protobuf-compiler")],
        "protoc --python_out=. test.proto",
        "/usr/bin/python3 -c 'import grpc; print(grpc.__version__)'",
        ["/usr/bin/python3", "main.py"],
        ["blind"]);

    public static readonly Peer[] All = [Go, JavaScript, Python];
}
