import BatchEngine
import SystemCalls

// Parts, as they are written into a shared folder and read from it.
extension SharedFolder {
    /// Writes a part, whose name nobody has used, and brings it and its name to the disk; a cancelled task gives up.
    ///
    /// - Parameters:
    ///   - source: its content, on a local disk.
    ///   - progress: tells how far it came.
    /// - Throws: why it is not there, or not whole.
    func write(
        _ part: PartName, from source: String, progress: CopyProgress = CopyProgress()
    ) throws(SharedFolderFault) {
        let input = unsafe open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw SharedFolderFault(local: source, errno) }
        defer { _ = close(input) }
        let output = unsafe open(file(part.text), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw writeFault(errno) }
        var fault = FileBytes.publish(input, to: output, progress: progress)
        if close(output) != 0, fault == nil { fault = FileBytes.Fault(side: .output, code: errno) }
        guard let fault else { return try syncNames() }
        // Readers pass over what is left of it.
        _ = unsafe unlink(file(part.text))
        throw fault.side == .input ? SharedFolderFault(local: source, fault.code) : writeFault(fault.code)
    }

    /// A part whose name a power loss takes away counts for nothing.
    private func syncNames() throws(SharedFolderFault) {
        let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { _ = close(folder) }
        guard fsync(folder) != 0, [EIO, ENOSPC, EDQUOT].contains(errno) else { return }
        throw writeFault(errno)
    }

    /// What came of copying a part.
    enum Copy {
        case whole
        /// It is cut short, or is not yet written to its end.
        case torn
    }

    /// Copies a part to a local disk, where nothing is, and checks it on the way.
    ///
    /// What has its name may be anything: a pipe that nobody writes, or a file without end.
    ///
    /// - Throws: why it cannot be read, or the copy not be written.
    func copy(_ part: PartName, to target: String) throws(SharedFolderFault) -> Copy {
        let input = unsafe open(file(part.text), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard input >= 0 else { throw readFault(part, errno) }
        defer { _ = close(input) }
        var status = stat()
        guard unsafe fstat(input, &status) == 0 else { throw readFault(part, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .torn }
        // A file that lies on tape is waited for.
        _ = fcntl(input, F_SETFL, O_RDONLY)
        let output = unsafe open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw SharedFolderFault(local: target, errno) }
        defer { _ = close(output) }
        var (hash, count) = (ByteHash(), 0)
        let fault = FileBytes.copy(input, to: output, limit: part.bytes) { bytes in
            hash.append(bytes)
            count += bytes.count
            return 0
        }
        if let fault {
            throw fault.side == .input ? readFault(part, fault.code) : SharedFolderFault(local: target, fault.code)
        }
        let isWhole = count == part.bytes && hash.hexadecimal().hasPrefix(part.checksum)
        return isWhole ? .whole : .torn
    }

    private func readFault(_ part: PartName, _ code: Int32) -> SharedFolderFault {
        // Of descriptors and memory this process has too few.
        let isLocal = [EMFILE, ENFILE, ENOMEM].contains(code)
        return SharedFolderFault(file(part.text), SystemError.words(code), code: code, isLocal: isLocal)
    }
}
