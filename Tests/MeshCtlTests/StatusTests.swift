internal import HTTP
internal import JSON
internal import Testing

@testable internal import MeshCtl

@Suite struct StatusTests {
    private static let processes: [JSONValue] = [
        ["name": "meshctl up", "pid": 7, "running": true, "residentBytes": 2_000_000],
        ["name": "router", "pid": 8, "running": false, "residentBytes": nil],
    ]

    @Test func `a router that is gone is said below the processes`() {
        var report = StatusReport(url: "http://127.0.0.1:1", processes: Self.processes)
        report.silence = "nothing answers at http://127.0.0.1:2 (refused)"
        #expect(!report.isReady)
        #expect(report.lines[2].hasPrefix("router        8  gone"))
        #expect(report.lines.last == "the router does not answer: \(report.silence ?? "")")
        #expect(report.json["router"] == .null)
        #expect(report.json["error"]?.string == report.silence)
    }

    @Test func `all missing experts are counted and the first ones named`() {
        var report = StatusReport(url: nil, processes: [])
        report.router = [
            "model": "demo", "revision": 1, "ready": false,
            "missingExperts": .array((0..<16).map { ["layer": 0, "expert": .integer($0)] }),
        ]
        report.missingCount = 1480
        #expect(
            report.lines[0]
                == "model demo revision 1: not ready, 1,480 experts have no live replica: "
                + "layer 0 expert 0, layer 0 expert 1, layer 0 expert 2, layer 0 expert 3 …")
    }

    @Test func `a worker that is leaving, or gets no work, says why`() {
        var report = StatusReport(url: nil, processes: [])
        report.router = [
            "ready": true,
            "workers": [
                ["name": "a", "host": "rack-1", "leaving": true, "refusal": nil, "failures": []],
                [
                    "name": "b", "host": "", "leaving": false, "refusal": "another model",
                    "failures": ["no room"],
                ],
            ],
        ]
        #expect(report.lines[4].hasPrefix("a       rack-1 "))
        #expect(report.lines[5].hasPrefix("b       -  "))
        #expect(
            report.lines[6...] == ["a: is leaving", "b: gets no work: another model", "b: no room"])
    }

    @Test func `the key of the front door is presented with every request, and not shown`()
        async throws
    {
        let routes = [
            Route("GET", "/v1/models") { request in
                guard request.header("authorization") == "Bearer secret" else {
                    return .json(["error": ["message": "a valid API key is needed"]], status: 401)
                }
                return .json([:])
            }
        ]
        try await withServer(routes) { client in
            let url = client.http.url
            _ = try await MeshClient(url: url, apiKey: "secret").get("/v1/models")
            let other = try MeshClient(url: url, apiKey: "other")
            let error = await #expect(throws: MeshCtlError.self) {
                try await other.get("/v1/models")
            }
            #expect(error?.description.contains("EXPERTMESH_API_KEY") == true)
            #expect(error?.description.contains("other") == false)
        }
    }
}
