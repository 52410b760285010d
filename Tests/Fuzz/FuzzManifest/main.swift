import Checkpoint
import FuzzDriver
import JSON

fuzz { bytes in
    // Throwing is right; only a trap is a find, or a document that does not survive writing.
    if let json = try? JSONValue(parsing: bytes, path: "input") {
        precondition((try? JSONValue(parsing: json.indented(), path: "written")) == json)
    }
    if let manifest = try? Manifest(parsing: bytes, path: "input") {
        precondition((try? Manifest(parsing: manifest.encoded(), path: "written")) == manifest)
    }
}
