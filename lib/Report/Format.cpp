//===- Format.cpp - Numbers and text of a report --------------------------===//

#include "Format.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace llvm;
using namespace quantopt;

template <typename... T>
static std::string print(const char *pattern, T... values) {
  std::string text;
  raw_string_ostream(text) << format(pattern, values...);
  return text;
}

std::string quantopt::formatNumber(double value, unsigned digits) {
  return print("%.*g", int(digits), value);
}

std::string quantopt::formatDB(double value) {
  if (std::isinf(value))
    return value > 0 ? "equal" : "lost";
  return print("%.1f dB", value);
}

std::string quantopt::formatShare(double share) {
  if (share <= 0)
    return "0 %";
  if (share < 1e-6)
    return "< 0.0001 %";
  return print("%.2g %%", 100 * share);
}

std::string quantopt::formatCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (int64_t at = int64_t(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(size_t(at), ",");
  return digits;
}

std::string quantopt::formatBytes(uint64_t bytes) {
  if (bytes < 1000)
    return std::to_string(bytes) + " B";
  double value = double(bytes) / 1000;
  const char *unit = "KB";
  for (const char *next : {"MB", "GB", "TB"}) {
    if (value < 999.5)
      break;
    value /= 1000;
    unit = next;
  }
  return print("%.3g %s", value, unit);
}

std::string quantopt::escapeHTML(StringRef text) {
  std::string valid = json::fixUTF8(text);
  std::string escaped;
  raw_string_ostream os(escaped);
  for (StringRef rest = valid; !rest.empty();) {
    size_t plain = rest.find_if([](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    printHTMLEscaped(rest.take_front(plain), os);
    if (plain == StringRef::npos)
      break;
    os << "\xEF\xBF\xBD"; // U+FFFD
    rest = rest.drop_front(plain + 1);
  }
  return escaped;
}
