/// Issuer and subject of a certificate in DER (RFC 5280, section 4.1): NIOSSL tells neither.
enum CertificateIssuer {
    /// Both as they are encoded; nil where the bytes are no certificate.
    static func names(_ bytes: [UInt8]) -> (issuer: ArraySlice<UInt8>, subject: ArraySlice<UInt8>)? {
        guard let certificate = element(bytes[...]), let signed = element(certificate.content) else { return nil }
        var rest = signed.content
        // The version is tagged, and left out of the oldest ones.
        if rest.first == 0xA0 {
            guard let version = element(rest) else { return nil }
            rest = version.rest
        }
        var parts: [ArraySlice<UInt8>] = []
        // Serial number, algorithm, issuer, validity, subject.
        while parts.count < 5 {
            guard let part = element(rest) else { return nil }
            parts.append(part.content)
            rest = part.rest
        }
        return (parts[2], parts[4])
    }

    /// The content of the element at the beginning, and what follows it.
    private static func element(
        _ bytes: ArraySlice<UInt8>
    ) -> (content: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        guard bytes.count >= 2 else { return nil }
        var place = bytes.startIndex + 1
        var length = Int(bytes[place])
        place += 1
        if length >= 0x80 {
            let count = length & 0x7F
            guard (1...3).contains(count), bytes.endIndex - place >= count else { return nil }
            length = bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
            place += count
        }
        guard bytes.endIndex - place >= length else { return nil }
        return (bytes[place..<place + length], bytes[(place + length)...])
    }
}
