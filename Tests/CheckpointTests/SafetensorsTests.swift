import Checkpoint
import JSON
import Testing

@Suite struct SafetensorsTests {
    /// A file of the given header and data.
    func file(_ header: String, data: Int) -> MappedFile {
        let bytes = .u64(UInt64(header.utf8.count)) + .text(header) + .zeros(data)
        return MappedFile(name: "test.safetensors", bytes: bytes.bytes)
    }

    func refusal(_ header: String, data: Int) -> String {
        failure { _ = try SafetensorsFile(file(header, data: data)) } ?? "accepted"
    }

    @Test func `tensors have their type, shape and bytes`() throws {
        let file = try SafetensorsFile(path: fixture("olmoe/model.safetensors"))
        let info = try file.tensor("model.layers.1.mlp.experts.2.down_proj.weight").info
        #expect(info.storage == .bfloat16)
        #expect(info.shape == [32, 32])
        #expect(info.byteCount == 2048)
        #expect(try file.floats("model.norm.weight").count == 32)
        #expect(file.metadata["format"] == "pt")
    }

    @Test func `a file truncated at any byte is refused`() throws {
        let text = header(
            entry("a", "[0,8]", shape: "[2]"), entry("b", "[8,16]", type: "I64", shape: "[]"))
        let whole = file(text, data: 16)
        #expect(try SafetensorsFile(whole).floats("a") == [0, 0])
        let bytes = whole.bytes(in: 0..<whole.byteCount)
        #expect(acceptedTruncations(bytes) { _ = try SafetensorsFile($0) } == [])
        #expect(
            failure { _ = try SafetensorsFile(MappedFile(name: "x", bytes: bytes + [0])) } != nil)
    }

    @Test func `two tensors whose names differ in code points only are refused`() {
        let names = header(entry("\u{e9}", "[0,4]"), entry("e\u{301}", "[4,8]"))
        #expect(refusal(names, data: 8).contains("stands twice"))
    }

    @Test func `a tensor of another type is refused only when it is read`() throws {
        let file = try SafetensorsFile(
            file(header(entry("a", "[0,16]", type: "I64", shape: "[2]")), data: 16))
        #expect(file.tensors.isEmpty)
        #expect(
            failure { _ = try file.floats("a") }?.contains(
                "tensor a of test.safetensors is stored as I64") == true)
        #expect(failure { _ = try file.floats("b") } == "test.safetensors has no tensor b")
    }

    @Test(arguments: [
        (header(entry("a", "[0,4]"), entry("b", "[2,6]")), 6, "overlap"),
        (header(entry("a", "[0,4]"), entry("b", "[8,12]")), 12, "gap"),
        (header(entry("a", "[4,8]")), 8, "gap"),
        (header(entry("a", "[0,4]")), 8, "end at data byte 4 of 8"),
        (header(entry("a", "[0,4]", shape: "[2]")), 4, "does not have 4 bytes"),
        (header(entry("a", "[0,0]", shape: "[4611686018427387904,4]")), 0, "does not have"),
        (header(entry("a", "[0,4]", shape: "[9223372036854775807]")), 4, "does not have"),
        (header(entry("a", "[0,4]", shape: "[-1]")), 4, "shape"),
        (header(entry("a", "[0,4]", shape: "[1.0]")), 4, "shape"),
        (header(entry("a", "[4,0]")), 4, "data_offsets"),
        (header(entry("a", "[0,4,4]")), 4, "data_offsets"),
        (header(entry("a", "[0,1]", type: "F4")), 1, "does not have"),
        (header(entry("a", "[0,4]", type: "Q9")), 4, "unknown dtype"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "not {dtype"),
        (header(entry("a", "[0,4]"), entry("a", "[4,8]")), 8, "twice"),
        (#"{"__metadata__":{"a":1}}"#, 0, "not a string"),
        ("[]", 0, "not an object"),
        ("", 0, "ends before the value"),
    ])
    func `a header that disagrees with the data is refused`(
        header: String, data: Int, reason: String
    ) {
        #expect(refusal(header, data: data).contains(reason))
    }

    @Test(arguments: [UInt64.max, 1 << 63, 1 << 40, 33 << 20])
    func `a header length beyond the file or the maximum allocates nothing`(length: UInt64) {
        let bytes = (.u64(length) + .zeros(100)).bytes
        #expect(failure { _ = try SafetensorsFile(MappedFile(name: "x", bytes: bytes)) } != nil)
    }

    @Test func `what is written is read again, aligned`() throws {
        let directory = TemporaryDirectory()
        let source = try SafetensorsFile(path: fixture("mixtral/model.safetensors"))
        let numbers = MappedFile(
            name: "numbers", bytes: BlockFormat.encode([1, 2, 3], storage: .float32)!)
        let extra = Tensor(
            info: TensorInfo(name: "x", storage: .float32, shape: [3])!, bytes: numbers.all)
        let path = directory.path + "/copy.safetensors"
        let record = try SafetensorsWriter.write(
            Array(source.table.byName.values) + [extra], metadata: ["k": "v"], to: path)
        let copy = try SafetensorsFile(path: path)
        #expect(copy.metadata == ["k": "v"])
        #expect(copy.tensors.count == source.tensors.count + 1)
        for (name, info) in source.tensors {
            #expect(copy.tensors[name] == info)
            #expect(try copy.floats(name) == source.floats(name))
        }
        #expect(try copy.floats("x") == [1, 2, 3])
        #expect(try copy.tensor("x").bytes.range.lowerBound % 64 == 0)
        #expect(record.byteCount == (try contents(path)).count)
        #expect(record.sha256 == ArtifactDigest(of: try contents(path)))
        #expect(directory.names == ["copy.safetensors"])
    }

    @Test func `a sharded checkpoint is one source`() throws {
        let directory = TemporaryDirectory()
        let source = try SafetensorsFile(path: fixture("olmoe/model.safetensors"))
        let names = source.tensors.keys.sorted()
        var map: [String: JSONValue] = [:]
        for (part, chosen) in [names[..<10], names[10...]].enumerated() {
            let file = "model-\(part).safetensors"
            try SafetensorsWriter.write(
                chosen.map { try source.tensor($0) }, to: directory.path + "/" + file)
            for name in chosen { map[name] = .string(file) }
        }
        let path = directory.path + "/model.safetensors.index.json"
        write(index(map), to: path)
        let sharded = try SafetensorsFile(path: path)
        #expect(sharded.tensors == source.tensors)
        #expect(try sharded.floats(names[0]) == source.floats(names[0]))

        map["not there"] = .string("model-1.safetensors")
        write(index(map), to: path)
        #expect(
            failure { _ = try SafetensorsFile(path: path) }?.contains("has no tensor not there")
                == true)
        map["not there"] = .string("../model-1.safetensors")
        write(index(map), to: path)
        #expect(failure { _ = try SafetensorsFile(path: path) }?.contains("not a name") == true)
    }
}

/// A shard index that says in which file each tensor is.
private func index(_ map: [String: JSONValue]) -> [UInt8] {
    let members = map.map { ($0.key, $0.value) }
    return JSONValue.members([("weight_map", .members(members))]).encoded()
}

/// A header of the given entries.
private func header(_ entries: String...) -> String {
    "{" + entries.joined(separator: ",") + "}"
}

/// The header's entry of one tensor.
private func entry(
    _ name: String, _ offsets: String, type: String = "F32", shape: String = "[1]"
) -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
}
