import NIOCore
import Testing

@testable import HTTP

@Suite struct SignOfLifeTests {
    @Test func `silence is told after an interval without an element, and not before`()
        async throws
    {
        let clock = ManualClock()
        var sleeps = clock.sleeps.makeAsyncIterator()
        let (source, input) = AsyncThrowingStream<String, any Error>.makeStream()
        let signOfLife = SignOfLife(interval: .seconds(10), clock: clock)
        var beats = signOfLife.beats(source).makeAsyncIterator()
        input.yield("a")
        #expect(try await beats.next()?.element == "a")
        await sleeps.next()
        clock.advance(by: .seconds(10))  // there was an element in this interval
        await sleeps.next()
        input.yield("b")
        #expect(try await beats.next()?.element == "b")
        clock.advance(by: .seconds(10))
        await sleeps.next()
        clock.advance(by: .seconds(10))
        let silent = try #require(try await beats.next())
        #expect(silent.element == nil)
        input.finish()
        #expect(try await beats.next() == nil)
    }

    @Test func `an error of the source passes, and a lost listener ends the source`() async throws {
        let signOfLife = SignOfLife(interval: .seconds(10), clock: ManualClock())
        let (failing, input) = AsyncThrowingStream<String, any Error>.makeStream()
        input.finish(throwing: FrontDoorError.failed(message: "x"))
        await #expect(throws: FrontDoorError.self) {
            for try await _ in signOfLife.beats(failing) {}
        }
        let (endless, source) = AsyncThrowingStream<String, any Error>.makeStream()
        let (stopped, stop) = AsyncStream<Never>.makeStream()
        source.onTermination = { _ in stop.finish() }
        let listener = Task { for try await _ in signOfLife.beats(endless) {} }
        listener.cancel()
        for await _ in stopped {}
    }

    @Test(arguments: [
        (
            "/v1/chat/completions",
            #"{"model":"echo","messages":[{"role":"user","content":"endless"}]"#
        ),
        ("/v1/responses", #"{"model":"echo","input":"endless""#),
    ])
    func `a stream that has nothing to say sends comments`(path: String, body: String)
        async throws
    {
        let clock = ManualClock()
        // The engine says two things and falls silent: one of three intervals has nothing in it.
        let ticking = Task {
            for await _ in clock.sleeps.prefix(3) { clock.advance(by: .seconds(10)) }
        }
        defer { ticking.cancel() }
        try await withDoor(clock: clock) { client in
            try await client.connected { inbound, outbound in
                let body = body + #","stream":true}"#
                try await outbound.write(
                    ByteBuffer(
                        string: "POST \(path) HTTP/1.1\r\nhost: localhost\r\n"
                            + "content-length: \(body.utf8.count)\r\n\r\n\(body)"))
                var seen = ""
                for try await bytes in inbound {
                    seen += String(buffer: bytes)
                    if seen.contains(": ping\n\n") { break }
                }
                #expect(seen.contains(": ping\n\n"))
            }
        }
    }
}

extension Beat {
    var element: Element? {
        guard case .element(let element) = self else { return nil }
        return element
    }
}
