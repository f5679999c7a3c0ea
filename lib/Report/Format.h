//===- Format.h - Numbers and text of a report ------------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_REPORT_FORMAT_H
#define QUANTOPT_LIB_REPORT_FORMAT_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>

namespace quantopt {

/// "0.00392": so many significant digits.
std::string formatNumber(double value, unsigned digits = 4);
/// "39.7 dB", "equal" or "lost".
std::string formatDB(double value);
/// "0.12 %"; what is not zero never looks like it.
std::string formatShare(double share);
/// "1,234,567".
std::string formatCount(uint64_t count);
/// "12.3 KB": powers of ten.
std::string formatBytes(uint64_t bytes);

/// `text` for HTML, in content and in quoted attributes: valid UTF-8, without
/// control characters.
std::string escapeHTML(llvm::StringRef text);

} // namespace quantopt

#endif // QUANTOPT_LIB_REPORT_FORMAT_H
