#include "build_commit.h"

// The checkout's reflog ends with a line for the commit that is checked out: the one before, a blank, this one, who and
// when. It is read by the compiler, which notes it as a dependency: a new commit compiles this file again, and nothing
// else asks git for anything (a manifest that did would be cached by SwiftPM, with the commit in it).
//
// C++, because a constant expression can find the line: of the log, which holds names, only the digits get into the
// binary.

#pragma clang diagnostic ignored "-Wc23-extensions"

// A compiler that cannot embed files builds a program that does not know its commit.
#ifdef __has_embed
#if __has_embed("../../.git/logs/HEAD") == __STDC_EMBED_FOUND__
#define REFLOG_IS_THERE
#endif
#endif

namespace {

struct Commit {
    char digits[65];
};

#ifdef REFLOG_IS_THERE

constexpr unsigned char reflog[] = {
#embed "../../.git/logs/HEAD"
};

constexpr bool isDigit(unsigned char byte) { return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f'); }

constexpr Commit lastCommit() {
    Commit commit{};
    long start = static_cast<long>(sizeof reflog) - 1;
    while (start > 0 && reflog[start - 1] != '\n') start -= 1;
    long position = start;
    while (position < static_cast<long>(sizeof reflog) && isDigit(reflog[position])) position += 1;
    position += 1;
    int length = 0;
    while (position < static_cast<long>(sizeof reflog) && length < 64 && isDigit(reflog[position])) {
        commit.digits[length] = static_cast<char>(reflog[position]);
        length += 1;
        position += 1;
    }
    if (length != 40 && length != 64) return Commit{};
    return commit;
}

constexpr Commit commit = lastCommit();

#else

constexpr Commit commit{};

#endif

}  // namespace

const char *build_commit(void) { return commit.digits; }
