import JSON
import Testing

@Suite struct LibraryDoorTests {
    private static func upload(_ name: String, _ content: String) -> (headers: String, body: String)
    {
        let body =
            "--b\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n"
            + "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n\r\n"
            + "\(content)\r\n--b--\r\n"
        return ("content-type: multipart/form-data; boundary=b\r\n", body)
    }

    @Test func `a file is uploaded, attached, found and deleted`() async throws {
        try await withDoor { client in
            let (headers, body) = Self.upload("a.md", "text\r\n--x")
            let file = try await client.send("POST", "/v1/files", body, headers: headers).json
            #expect(file["bytes"] == 9)
            let content = try await client.send("GET", "/v1/files/file-1/content")
            #expect(content.body == "text\r\n--x")
            let store = try await client.send(
                "POST", "/v1/vector_stores", #"{"name":"s","file_ids":["file-1"]}"#
            ).json
            #expect(store["file_counts"]?["completed"] == 1)
            let found = try await client.send(
                "POST", "/v1/vector_stores/vs_1/search", #"{"query":"q"}"#
            ).json
            #expect(found["object"] == "vector_store.search_results.page")
            #expect(found["data"]?[0]?["content"]?[0]?["text"] == "text\r\n--x")
            let deleted = try await client.send("DELETE", "/v1/files/file-1").json
            #expect(deleted == ["id": "file-1", "object": "file", "deleted": true])
            #expect(try await client.send("GET", "/v1/files/file-1").status == 404)
        }
    }

    @Test(arguments: [
        ("/v1/files?limit=0", "limit"), ("/v1/files?limit=x", "limit"),
        ("/v1/files?order=up", "order"),
        ("/v1/files?befor=a", "befor"), ("/v1/files?limit=1&limit=2", "limit"),
        ("/v1/vector_stores/vs_1/files?filter=done", "filter"),
    ])
    func `a query that is not understood is refused by name`(path: String, param: String)
        async throws
    {
        try await withDoor { client in
            _ = try await client.send("POST", "/v1/vector_stores", "{}")
            let reply = try await client.send("GET", path)
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?["param"] == .string(param))
        }
    }

    @Test func `a list is paged`() async throws {
        try await withDoor { client in
            for index in 1...3 {
                let (headers, body) = Self.upload("\(index).md", "x")
                _ = try await client.send("POST", "/v1/files", body, headers: headers)
            }
            let first = try await client.send("GET", "/v1/files?limit=2&order=asc").json
            #expect(first["last_id"] == "file-2" && first["has_more"] == true)
            let second = try await client.send("GET", "/v1/files?limit=2&order=asc&after=file-2")
                .json
            #expect(second["first_id"] == "file-3" && second["has_more"] == false)
        }
    }
}
