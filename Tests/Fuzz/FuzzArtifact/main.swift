import Checkpoint
import FuzzDriver

fuzz { bytes in
    // Throwing is right; only a trap is a find.
    guard let artifact = try? Artifact(MappedFile(name: "input", bytes: bytes)) else { return }
    let matrices = try TensorTable(path: "input", tensors: [artifact.gateUp, artifact.down])
    for name in matrices.tensors.keys { _ = try? matrices.floats(name) }
}
