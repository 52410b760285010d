import Checkpoint
import Testing

@Suite struct GGUFTests {
    /// A file with the given metadata and tensor descriptions; `data` bytes follow, aligned.
    func file(
        version: UInt32 = 3, metadata: [Bytes] = [], tensors: [Bytes] = [], data: Int = 0
    ) -> MappedFile {
        var bytes =
            Bytes.text("GGUF") + .u32(version) + .u64(UInt64(tensors.count))
            + .u64(UInt64(metadata.count))
        bytes = (metadata + tensors).reduce(bytes, +)
        let padding = data == 0 ? 0 : (32 - bytes.bytes.count % 32) % 32
        return MappedFile(name: "test.gguf", bytes: (bytes + .zeros(padding + data)).bytes)
    }

    func tensor(
        _ name: String = "a", _ shape: [UInt64] = [8], type: UInt32 = 0, offset: UInt64 = 0
    ) -> Bytes {
        let dimensions = shape.map(Bytes.u64).reduce(.u32(UInt32(shape.count)), +)
        return .string(name) + dimensions + .u32(type) + .u64(offset)
    }

    func refusal(_ file: MappedFile) -> String {
        failure { _ = try GGUFFile(file) } ?? "accepted"
    }

    @Test func `every metadata type is read`() throws {
        let values = try GGUFFile(path: fixture("blocks.gguf")).metadata
        #expect(values["test.uint8"]?.integer == 255)
        #expect(values["test.int8"]?.integer == -128)
        #expect(values["test.uint16"]?.integer == 65535)
        #expect(values["test.int16"]?.integer == -32768)
        #expect(values["test.uint32"]?.integer == 4_294_967_295)
        #expect(values["test.int32"]?.integer == -2_147_483_648)
        #expect(values["test.uint64"]?.integer == .max)
        #expect(values["test.int64"]?.integer == .min)
        #expect(values["test.float32"]?.double == Double(Float(0.1)))
        #expect(values["test.float64"]?.double == 0.1)
        #expect(values["test.bool"]?.boolean == true)
        #expect(values["test.string"]?.string == "naïve ☕")
        #expect(values["test.strings"]?.strings == ["a", "", "日本"])
        #expect(values["test.integers"]?.integers == [1, -2, 3])
        #expect(values["test.numbers"]?.numbers == [0.5, -1.5])
        #expect(values["test.booleans"]?.booleans == [true, false])
    }

    @Test func `shapes are outermost first`() throws {
        let file = try GGUFFile(path: fixture("olmoe-mixed.gguf"))
        #expect(file.tensors["blk.0.ffn_gate_inp.weight"]?.shape == [3, 32])
        #expect(file.tensors["blk.0.ffn_gate_exps.weight"]?.shape == [3, 32, 32])
        #expect(file.tensors["blk.0.ffn_gate_exps.weight"]?.storage == .q4_1)
        #expect(file.tensorNames.first == "token_embd.weight")
        #expect(try file.floats("token_embd.weight") == (0..<512).map(Float.init))
    }

    @Test(arguments: [UInt32(2), 3]) func `a file truncated at any byte is refused`(version: UInt32)
        throws
    {
        let metadata: [Bytes] = [
            .string("general.alignment") + .u32(4) + .u32(32),
            .string("s") + .u32(8) + .string("text"),
            .string("l") + .u32(9) + .u32(8) + .u64(2) + .string("a") + .string("b"),
        ]
        let whole = file(version: version, metadata: metadata, tensors: [tensor()], data: 32)
        #expect(try GGUFFile(whole).floats("a") == Array(repeating: 0, count: 8))
        let bytes = whole.bytes(in: 0..<whole.byteCount)
        #expect(acceptedTruncations(bytes) { _ = try GGUFFile($0) } == [])
    }

    @Test func `a tensor of another type is refused only when it is read`() throws {
        let file = try GGUFFile(path: fixture("blocks.gguf"))
        let message = failure { _ = try file.floats("integers") }
        #expect(message?.contains("tensor integers") == true)
        #expect(message?.contains("is stored as I32; supported are F32") == true)
        let q4k = try GGUFFile(self.file(tensors: [tensor("w", [256], type: 12)], data: 144))
        #expect(failure { _ = try q4k.tensor("w") }?.contains("stored as Q4_K") == true)
    }

    @Test(arguments: [(UInt32(1), "version 1;"), (4, "version 4;"), (0x0300_0000, "big-endian")])
    func `other versions are refused`(version: UInt32, reason: String) {
        #expect(refusal(file(version: version)).contains(reason))
    }

    @Test func `tensors that leave the file, overlap or lie askew are refused`() {
        #expect(refusal(file(tensors: [tensor()], data: 31)).contains("passes the end"))
        #expect(refusal(file(tensors: [tensor(offset: 32)], data: 32)).contains("passes the end"))
        #expect(refusal(file(tensors: [tensor(offset: 1 << 62)], data: 32)).contains("outside"))
        #expect(refusal(file(tensors: [tensor(offset: 16)], data: 64)).contains("multiple of 32"))
        #expect(refusal(file(tensors: [tensor(offset: 1 << 63)], data: 64)).contains("data byte"))
        #expect(refusal(file(tensors: [tensor("a"), tensor("b")], data: 64)).contains("overlaps"))
        #expect(
            refusal(file(tensors: [tensor("a", [16]), tensor("b", offset: 32)], data: 96)).contains(
                "overlaps"))
        #expect(
            refusal(file(tensors: [tensor("a"), tensor("a", offset: 32)], data: 64)).contains(
                "twice"))
        #expect(
            refusal(file(tensors: [tensor("a"), tensor("b", offset: 32)], data: 64)) == "accepted")
    }

    @Test func `shapes that overflow or split a block are refused`() {
        #expect(
            refusal(file(tensors: [tensor("a", [1 << 62, 4])], data: 32)).contains(
                "cannot have shape"))
        #expect(
            refusal(file(tensors: [tensor("a", [1 << 31, 1 << 31, 1 << 31])], data: 32)).contains(
                "cannot"))
        #expect(refusal(file(tensors: [tensor("a", [.max])], data: 32)).contains("dimension"))
        #expect(
            refusal(file(tensors: [tensor("a", [16, 2], type: 8)], data: 64)).contains(
                "cannot have shape"))
        #expect(
            refusal(file(tensors: [tensor("a", [1, 1, 1, 1, 1])], data: 32)).contains(
                "5 dimensions"))
    }

    @Test func `counts larger than the file are refused before anything is allocated`() {
        for count in [UInt64.max, 1 << 63, 1 << 40, 1 << 20] {
            let tensors = Bytes.text("GGUF") + .u32(3) + .u64(count) + .u64(0)
            #expect(
                refusal(MappedFile(name: "x", bytes: tensors.bytes)).contains("tensors do not fit"))
            let values = Bytes.text("GGUF") + .u32(3) + .u64(0) + .u64(count)
            #expect(
                refusal(MappedFile(name: "x", bytes: values.bytes)).contains("values do not fit"))
            let text = Bytes.string("k") + .u32(8) + .u64(count)
            #expect(refusal(file(metadata: [text])).contains("do not fit"))
            let list = Bytes.string("k") + .u32(9) + .u32(8) + .u64(count)
            #expect(refusal(file(metadata: [list])).contains("do not fit"))
        }
    }

    @Test func `malformed metadata is refused`() {
        let value = Bytes.string("k") + .u32(4) + .u32(1)
        #expect(refusal(file(metadata: [value, value])).contains("twice"))
        #expect(
            refusal(file(metadata: [.string("k") + .u32(13) + .zeros(8)])).contains("value type 13")
        )
        #expect(
            refusal(file(metadata: [.string("k") + .u32(7) + .u8(2)])).contains("not a boolean"))
        #expect(
            refusal(file(metadata: [.string("k") + .u32(10) + .u64(.max)])).contains("larger than"))
        let nested = Bytes.string("k") + .u32(9) + .u32(9) + .u64(1) + .u32(4) + .u64(1) + .u32(7)
        #expect(refusal(file(metadata: [nested])).contains("array of arrays"))
        let latin = Bytes.string("k") + .u32(8) + .u64(2) + .u8(0xC3) + .u8(0x28)
        #expect(refusal(file(metadata: [latin])).contains("UTF-8"))
        for alignment in [UInt32(0), 1, 24, 1 << 20] {
            let value = Bytes.string("general.alignment") + .u32(4) + .u32(alignment)
            #expect(refusal(file(metadata: [value])).contains("power of two"))
        }
    }

    @Test func `a copy has the same metadata and the chosen tensors`() throws {
        let directory = TemporaryDirectory()
        let source = try GGUFFile(path: fixture("blocks.gguf"))
        let names = source.tensorNames.filter { source.contains($0) && !$0.hasPrefix("Q4") }
        let path = directory.path + "/copy.gguf"
        let record = try GGUFWriter.write(
            names.map { try source.tensor($0) }, metadataOf: source, to: path)
        let copy = try GGUFFile(path: path)
        #expect(copy.metadata == source.metadata)
        #expect(copy.tensorNames == names)
        for name in names {
            #expect(copy.tensors[name] == source.tensors[name])
            let (left, right) = (try source.tensor(name).bytes, try copy.tensor(name).bytes)
            #expect(left.file.bytes(in: left.range) == right.file.bytes(in: right.range))
        }
        #expect(record.sha256 == ArtifactDigest(of: try contents(path)))
    }
}
