import Checkpoint
import FuzzDriver

fuzz { bytes in
    // Throwing is right; only a trap is a find.
    guard let file = try? SafetensorsFile(MappedFile(name: "input", bytes: bytes)) else { return }
    for name in file.tensors.keys { _ = try? file.floats(name) }
}
