internal import FoundationEssentials

/// Rules about the disk, for `ServiceConfiguration.check`. A setting that is absent holds them.
extension SettingValues {
    /// A folder that is there.
    public func checkFolder(_ name: String) throws(SettingError) {
        guard let path = optionalString(name), !Self.isFolder(path) else { return }
        throw invalid(name, expected: "a folder that is there")
    }

    /// A file that the service makes when it is absent: its folder is there, and it is no folder
    /// itself.
    public func checkFile(_ name: String) throws(SettingError) {
        guard let path = optionalString(name) else { return }
        let isNamed = !path.isEmpty && !Self.isFolder(path)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard isNamed, Self.isFolder(folder) else {
            throw invalid(name, expected: "a file in a folder that is there")
        }
    }

    /// A folder of the service's own. It is made when it is absent: only that tells whether it can
    /// be.
    public func makeFolder(_ name: String) throws(SettingError) {
        guard let path = optionalString(name) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw invalid(name, expected: "a folder that is there or can be made")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }
}
